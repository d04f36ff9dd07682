//! Why the ledger refuses a withdrawal, and whether another attempt may succeed: the codes of the runtime (`Custom error:
//! 111`), by the ledger's names.

/// `Mixing::RingNotFound`.
pub const RING_NOT_FOUND: u8 = 111;
/// `Mixing::RingFailed`.
pub const RING_FAILED: u8 = 112;
/// `Mixing::NoteExpired`.
pub const NOTE_EXPIRED: u8 = 113;
/// `Mixing::NullifierUsed`.
pub const NULLIFIER_USED: u8 = 116;
/// `Mixing::CannotReceive`.
pub const CANNOT_RECEIVE: u8 = 117;
/// `Mixing::BadProof`.
pub const BAD_PROOF: u8 = 118;

/// The code of a refusal, if it has one of the runtime's own.
pub fn code_of(reason: &str) -> Option<u8> {
	let (_, rest) = reason.split_once("Custom error: ")?;
	let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
	digits.parse().ok()
}

/// What a refusal means that stays one, whatever proof is sent; none if another attempt may succeed.
pub fn refused_for_good(reason: &str) -> Option<&'static str> {
	match code_of(reason) {
		Some(RING_NOT_FOUND) => Some(
			"Mixing::RingNotFound: there is no such ring, or its notes have expired and it is gone",
		),
		Some(NOTE_EXPIRED) => {
			Some("Mixing::NoteExpired: the settlement window of the note has passed")
		},
		Some(CANNOT_RECEIVE) => {
			Some("Mixing::CannotReceive: the recipient cannot receive the note: name another one")
		},
		Some(BAD_PROOF) => Some("Mixing::BadProof: this client does not fit the chain"),
		None if reason.contains("call is not expected") => {
			Some("the regulator has paused mixing withdrawals")
		},
		_ => None,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn refusals_should_be_told_apart_by_what_can_be_done_about_them() {
		let said = |code: u8| format!("Invalid Transaction (1010): Custom error: {code}");
		assert_eq!(code_of(&said(NULLIFIER_USED)), Some(NULLIFIER_USED));
		assert_eq!(code_of("Priority is too low (1014): 32 vs 32"), None);
		for code in [RING_NOT_FOUND, NOTE_EXPIRED, CANNOT_RECEIVE] {
			assert!(refused_for_good(&said(code)).is_some(), "{code}");
		}
		// Too old a root, a deadline that has passed, a pool that has the note already: prove again.
		for reason in [said(110), said(114), said(115), "Priority is too low (1014)".into()] {
			assert_eq!(refused_for_good(&reason), None, "{reason}");
		}
		let paused = "Invalid Transaction (1010): Transaction call is not expected";
		assert!(refused_for_good(paused).is_some());
	}
}
