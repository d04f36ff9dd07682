//! Step functions against an amount for every timestep.
#![no_main]

mod common;

use common::{add, base, end, piece, WINDOW};
use libfuzzer_sys::fuzz_target;
use petra_schedule::{StepFunction, Value};

fuzz_target!(|data: &[u8]| {
	let Some((first, data)) = data.split_first() else { return };
	let base = base(*first);
	let mut models = [[0 as Value; WINDOW]; 2];
	let mut pieces = [Vec::new(), Vec::new()];
	for (n, bytes) in data.chunks_exact(4).take(100).enumerate() {
		let piece = piece(bytes);
		add(&mut models[n % 2], piece);
		pieces[n % 2].push((base + piece.0 as u64, end(base, piece.1), piece.2));
	}
	let [a, b] = pieces.map(|pieces| StepFunction::sum(pieces).unwrap());
	let [ma, mb] = models;
	let (sum, difference) = (a.add(&b).unwrap(), a.subtract(&b).unwrap());
	let (maximum, minimum) = (a.maximum(&b), a.minimum(&b));
	for n in 0..WINDOW {
		let t = base + n as u64;
		assert_eq!((a.at(t), b.at(t)), (ma[n], mb[n]));
		assert_eq!((sum.at(t), difference.at(t)), (ma[n] + mb[n], ma[n] - mb[n]));
		assert_eq!((maximum.at(t), minimum.at(t)), (ma[n].max(mb[n]), ma[n].min(mb[n])));
	}
	assert_eq!(a.is_at_most(&b), (0..WINDOW).all(|n| ma[n] <= mb[n]));
	assert_eq!(a == b, ma == mb);
	let (from, to) = (WINDOW / 4, WINDOW / 2);
	let part = a.restrict(base + from as u64, base + to as u64);
	assert_eq!(part.is_zero(), ma[from..=to].iter().all(|value| *value == 0));
	let last = base + to as u64;
	assert_eq!(Some(a.max_value(base + from as u64, last)), ma[from..=to].iter().copied().max());
	assert_eq!(Some(a.min_value(base + from as u64, last)), ma[from..=to].iter().copied().min());
	let pieces: Vec<_> = sum.pieces().collect();
	assert!(pieces.iter().all(|(start, end, value)| start <= end && *value != 0));
	assert!(pieces
		.windows(2)
		.all(|two| two[0].1 < two[1].0 && (two[0].2 != two[1].2 || two[0].1 + 1 < two[1].0)));
});
