//! Who is whom: withdrawals matched with deposits, by what speaks for each pair.

/// What stands for a pair that cannot be.
pub const IMPOSSIBLE: f64 = -1e6;

/// Gives each row a column of its own, so that the sum of scores is the highest (the Hungarian method). There are at
/// least as many columns as rows.
pub fn assign(scores: &[Vec<f64>]) -> Vec<usize> {
	let rows = scores.len();
	let columns = scores.first().map_or(0, Vec::len);
	assert!(rows <= columns, "{rows} rows, {columns} columns");
	// One-based, as the method is usually written; 0 is no row and no column.
	let (mut row_price, mut column_price) = (vec![0.0; rows + 1], vec![0.0; columns + 1]);
	let mut row_of = vec![0; columns + 1];
	for row in 1..=rows {
		let mut least = vec![f64::INFINITY; columns + 1];
		let (mut seen, mut before) = (vec![false; columns + 1], vec![0; columns + 1]);
		let mut column = 0;
		row_of[0] = row;
		while row_of[column] != 0 {
			seen[column] = true;
			let (here, mut delta, mut next) = (row_of[column], f64::INFINITY, 0);
			for other in 1..=columns {
				if seen[other] {
					continue;
				}
				let cost = -scores[here - 1][other - 1] - row_price[here] - column_price[other];
				if cost < least[other] {
					(least[other], before[other]) = (cost, column);
				}
				if least[other] < delta {
					(delta, next) = (least[other], other);
				}
			}
			for other in 0..=columns {
				if seen[other] {
					row_price[row_of[other]] += delta;
					column_price[other] -= delta;
				} else {
					least[other] -= delta;
				}
			}
			column = next;
		}
		while column != 0 {
			row_of[column] = row_of[before[column]];
			column = before[column];
		}
	}
	let mut column_of = vec![0; rows];
	for column in 1..=columns {
		if row_of[column] != 0 {
			column_of[row_of[column] - 1] = column - 1;
		}
	}
	column_of
}

/// The share of households that is thought to be in a hurry, at least.
const FEWEST: f64 = 0.05;

/// What the delays say: for each pair the log-likelihood that some withdraw soon after they deposited, against that moments
/// tell nothing. Which share does so, and how soon, is what explains all withdrawals best (a mixture, fitted by
/// expectation and maximisation), but a few always do. `None`: the pair cannot be.
pub fn hurry(delays: &[Vec<Option<f64>>]) -> Vec<Vec<f64>> {
	let span = delays.iter().flatten().flatten().copied().fold(1.0, f64::max);
	let density = |delay: f64, scale: f64| (-delay / (scale * span)).exp() / scale;
	let mut best = (f64::NEG_INFINITY, 0.0, 1.0);
	for scale in [0.003, 0.01, 0.03] {
		let mut share: f64 = 0.2;
		let mut likelihood = 0.0;
		for _ in 0..50 {
			let mut soon = 0.0;
			likelihood = 0.0;
			for row in delays {
				let known: Vec<f64> =
					row.iter().flatten().map(|delay| density(*delay, scale)).collect();
				let hurried = share * known.iter().sum::<f64>() / known.len().max(1) as f64;
				soon += hurried / (hurried + 1.0 - share);
				likelihood += (hurried + 1.0 - share).ln();
			}
			share = (soon / delays.len().max(1) as f64).clamp(FEWEST, 0.95);
		}
		if likelihood > best.0 {
			best = (likelihood, share, scale);
		}
	}
	let (_, share, scale) = best;
	let score = |delay: &Option<f64>| match delay {
		Some(delay) => (1.0 - share + share * density(*delay, scale)).ln(),
		None => IMPOSSIBLE,
	};
	delays.iter().map(|row| row.iter().map(score).collect()).collect()
}

/// How likely each pair is, if each column is used at most once: the scores' exponentials, scaled until all rows and
/// columns add up to one (Sinkhorn).
pub fn likelihoods(scores: &[Vec<f64>]) -> Vec<Vec<f64>> {
	let columns = scores.first().map_or(0, Vec::len);
	let mut weights: Vec<Vec<f64>> =
		scores.iter().map(|row| row.iter().map(|score| score.exp()).collect()).collect();
	// Columns that stay unused belong to rows that are not there.
	weights.resize(columns, vec![1.0; columns]);
	for _ in 0..200 {
		for row in &mut weights {
			let sum: f64 = row.iter().sum::<f64>().max(f64::MIN_POSITIVE);
			row.iter_mut().for_each(|weight| *weight /= sum);
		}
		for column in 0..columns {
			let sum: f64 =
				weights.iter().map(|row| row[column]).sum::<f64>().max(f64::MIN_POSITIVE);
			weights.iter_mut().for_each(|row| row[column] /= sum);
		}
	}
	weights.truncate(scores.len());
	weights
}

/// How many equally likely ones would be as uncertain as these: the exponential of the entropy.
pub fn effective(likelihoods: impl IntoIterator<Item = f64>) -> f64 {
	let all: Vec<f64> = likelihoods.into_iter().filter(|likelihood| *likelihood > 0.0).collect();
	let sum: f64 = all.iter().sum();
	let entropy: f64 = all.iter().map(|likelihood| likelihood / sum).map(|p| -p * p.ln()).sum();
	entropy.exp()
}

#[test]
fn assignment_should_be_the_best_of_all_when_all_are_tried() {
	fn best(scores: &[Vec<f64>], used: &mut Vec<bool>) -> f64 {
		let Some((row, rest)) = scores.split_first() else { return 0.0 };
		let mut most = f64::NEG_INFINITY;
		for column in 0..row.len() {
			if !used[column] {
				used[column] = true;
				most = most.max(row[column] + best(rest, used));
				used[column] = false;
			}
		}
		most
	}
	let mut state = 1u64;
	let mut random = || {
		state = state
			.wrapping_mul(6_364_136_223_846_793_005)
			.wrapping_add(1_442_695_040_888_963_407);
		(state >> 40) as f64 / (1u64 << 24) as f64
	};
	for rows in 1..6 {
		for columns in rows..7 {
			let scores: Vec<Vec<f64>> =
				(0..rows).map(|_| (0..columns).map(|_| random()).collect()).collect();
			let assigned = assign(&scores);
			let mut distinct = assigned.clone();
			distinct.sort_unstable();
			distinct.dedup();
			assert_eq!(distinct.len(), rows);
			let sum: f64 =
				assigned.iter().enumerate().map(|(row, column)| scores[row][*column]).sum();
			assert!((sum - best(&scores, &mut vec![false; columns])).abs() < 1e-9);
		}
	}
}

#[test]
fn likelihoods_should_exclude_what_others_need() {
	// The second can only be the first column's, so the first is the second's.
	let all = likelihoods(&[vec![0.0, 0.0], vec![0.0, IMPOSSIBLE]]);
	assert!(all[0][1] > 0.98 && all[1][0] > 0.98, "{all:?}");
	assert!((effective([0.25; 4]) - 4.0).abs() < 1e-9);
}

#[test]
fn hurry_should_show_when_some_withdraw_at_once() {
	// Half of them after a minute, the others after hours; every deposit is possible.
	let deposits: Vec<f64> = (0..20).map(f64::from).map(|n| n * 10.0).collect();
	let withdrawals: Vec<f64> = (0..20)
		.map(|n| if n % 2 == 0 { deposits[n] + 0.1 } else { 200.0 + 7.0 * n as f64 })
		.collect();
	let delays: Vec<Vec<_>> = withdrawals
		.iter()
		.map(|w| deposits.iter().map(|d| Some(w - d).filter(|delay| *delay > 0.0)).collect())
		.collect();
	let assigned = assign(&hurry(&delays));
	for n in (0..20).step_by(2) {
		assert_eq!(assigned[n], n);
	}
}
