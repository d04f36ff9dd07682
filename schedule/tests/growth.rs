//! The time that step functions take grows with n log n, not with the length of intervals nor with n².
#![allow(missing_docs, clippy::arithmetic_side_effects, clippy::unwrap_used)]

#[path = "common/timing.rs"]
mod timing;

#[test]
fn time_should_grow_like_n_log_n_when_pieces_become_ten_times_as_many() {
	// n log n gives a factor of 13.3, n² one of 100. What else the machine does may double a run.
	const AT_MOST: f64 = 30.0;
	let (few, many) = (timing::measure(1_000), timing::measure(10_000));
	for (operation, few, many) in [
		("sum", few.sum, many.sum),
		("add", few.add, many.add),
		("compare", few.compare, many.compare),
	] {
		assert!(many / few < AT_MOST, "{operation}: {few} ns for 1 000, {many} ns for 10 000");
	}
	assert!(few.pieces * 10 == many.pieces);
}
