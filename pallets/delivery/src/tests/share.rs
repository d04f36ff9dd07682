//! The share of the amount that a part of the energy is worth.

use crate::mock::*;

/// a × b ÷ c with numbers of any length, digit by digit in base 2^32.
fn reference(a: u128, b: u64, c: u64) -> u128 {
	let digits = |n: u128| (0..4).map(move |i| (n >> (32 * i)) as u32 as u128);
	let mut product = [0u128; 8];
	for (i, x) in digits(a).enumerate() {
		for (j, y) in digits(b.into()).enumerate().take(2) {
			let mut carry = x * y;
			let mut at = i + j;
			while carry > 0 {
				carry += product[at];
				product[at] = carry & 0xffff_ffff;
				carry >>= 32;
				at += 1;
			}
		}
	}
	let (mut rest, mut quotient) = (0u128, 0u128);
	for digit in product.into_iter().rev() {
		let all = (rest << 32) + digit;
		quotient = (quotient << 32) + all / u128::from(c);
		rest = all % u128::from(c);
	}
	quotient
}

#[test]
fn share_should_be_exact_and_rounded_down() {
	let interesting = [0, 1, 2, 3, 7, 99, 1 << 32, u64::MAX / 2, u64::MAX - 1, u64::MAX];
	let amounts =
		[0, 1, 2, 100, u64::MAX as u128, u64::MAX as u128 * 3 + 5, u128::MAX - 1, u128::MAX];
	let mut checked = 0;
	for committed in interesting.into_iter().filter(|committed| *committed > 0) {
		for delivered in interesting {
			for amount in amounts {
				let share = Delivery::share(amount, delivered, committed);
				assert!(share <= amount);
				let expected = if delivered >= committed {
					amount
				} else {
					reference(amount, delivered, committed)
				};
				assert_eq!(share, expected, "{amount} × {delivered} / {committed}");
				checked += 1;
			}
		}
	}
	assert_eq!(checked, 9 * 10 * 8);
	assert_eq!(Delivery::share(100, 2, 3), 66);
}
