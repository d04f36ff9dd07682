//! Time per piece of step functions of 10 to 10 000 pieces, in one run: `cargo bench -p petra-schedule`.
#![allow(missing_docs, clippy::arithmetic_side_effects, clippy::unwrap_used)]

#[path = "../tests/common/timing.rs"]
mod timing;

fn main() {
	println!("nanoseconds per piece, and per piece and log2 of their number");
	println!("{:>8} {:>16} {:>16} {:>16}", "pieces", "sum", "add", "compare");
	for count in [10, 30, 100, 300, 1_000, 3_000, 10_000] {
		let timing = timing::measure(count);
		let column = |nanoseconds: f64| {
			let per_piece = nanoseconds / timing.pieces as f64;
			format!("{per_piece:.1} ({:.2})", per_piece / (timing.pieces as f64).log2())
		};
		let columns = [timing.sum, timing.add, timing.compare].map(column);
		println!("{count:>8} {:>16} {:>16} {:>16}", columns[0], columns[1], columns[2]);
	}
}
