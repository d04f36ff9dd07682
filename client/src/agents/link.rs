//! How an agent speaks to its household's meter: a line of JSON each way, over a Unix socket that only the household's
//! user can open. Every question may be asked again, after a crash of either side: the answer is the same.

use super::{AgentError, Result};
use crate::{mixing::Reclaim, types::*, AccountId32};
use serde::{Deserialize, Serialize};
use std::{
	future::Future,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
	sync::Arc,
	time::Duration,
};
use tokio::{
	io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
	net::{UnixListener, UnixStream},
	time::sleep,
};

/// The longest line: a withdrawal of as many outputs as a transaction takes.
const MAX_LINE: u64 = 64 << 10;
/// How long to wait before a meter that is not there is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// What an agent asks of its meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Question {
	/// Which meter it is, and what it may do.
	About,
	/// Create assets and money, once for each `id`.
	Withdraw {
		/// Makes it one of its own.
		id: String,
		/// What, and where.
		outputs: Vec<WithdrawalOutput>,
	},
	/// A fresh address to return things to, the same for the same `id`.
	DepositAddress {
		/// Makes it one of its own.
		id: String,
	},
	/// Something has been returned to an address that the meter gave: deposit it.
	Returned {
		/// The address.
		address: AccountId32,
	},
	/// These addresses are the household's: it withdraws to them, or deposits from them itself.
	Owns {
		/// The addresses.
		addresses: Vec<AccountId32>,
	},
	/// Take a note back from a failed ring: an agent's addresses may have nothing, and then nothing is free for them. What a
	/// meter withdraws says who it is for anyway; so does a note that comes out of a failed ring.
	Reclaim(Reclaim),
	/// Nothing more will come.
	Finished,
}

/// What a meter answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Answer {
	/// Which meter it is.
	About {
		/// Its number.
		meter: MeterId,
		/// Where it hangs.
		feeder: FeederId,
		/// What it may withdraw.
		limits: Limits,
	},
	/// It is done, and final.
	Done,
	/// A fresh address.
	Address {
		/// It.
		address: AccountId32,
	},
	/// It is not done, and why not.
	Refused {
		/// In words.
		reason: String,
	},
	/// It is not known yet whether it is done: ask again.
	Later {
		/// Why, in words.
		reason: String,
	},
}

/// Answers questions.
pub trait Answers: Send + Sync + 'static {
	/// The answer to a question.
	fn answer(&self, question: Question) -> impl Future<Output = Answer> + Send;
}

fn failed(error: impl std::fmt::Display) -> AgentError {
	AgentError::Link(error.to_string())
}

/// The file that a meter leaves beside its socket when its work is done.
pub(super) fn farewell(socket: &Path) -> PathBuf {
	socket.with_extension("over")
}

/// Answers at a socket until this is dropped. A socket that a killed meter left is taken over.
///
/// # Errors
/// [`AgentError::Link`] if there is no such socket to be made.
pub async fn serve<A: Answers>(path: &Path, answers: Arc<A>) -> Result<()> {
	let _ = std::fs::remove_file(path);
	let listener = UnixListener::bind(path).map_err(failed)?;
	std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
	loop {
		let (stream, _) = listener.accept().await.map_err(failed)?;
		let answers = answers.clone();
		// Whoever asks and goes away is not waited for.
		tokio::spawn(async move {
			let _ = converse(stream, &*answers).await;
		});
	}
}

async fn converse<A: Answers>(stream: UnixStream, answers: &A) -> Result<()> {
	let (reader, mut writer) = stream.into_split();
	let mut reader = BufReader::new(reader);
	while let Some(line) = line(&mut reader).await? {
		let answer = match serde_json::from_slice(&line) {
			Ok(question) => answers.answer(question).await,
			Err(error) => Answer::Refused { reason: format!("that is no question: {error}") },
		};
		let mut text = serde_json::to_vec(&answer).map_err(failed)?;
		text.push(b'\n');
		writer.write_all(&text).await.map_err(failed)?;
	}
	Ok(())
}

/// The next line; none at the end.
async fn line(reader: &mut (impl AsyncBufReadExt + Unpin)) -> Result<Option<Vec<u8>>> {
	let mut line = Vec::new();
	reader.take(MAX_LINE).read_until(b'\n', &mut line).await.map_err(failed)?;
	match line.last() {
		None => Ok(None),
		Some(b'\n') => Ok(Some(line)),
		Some(_) => Err(failed("a line is cut off, or longer than any")),
	}
}

/// An agent's end.
#[derive(Clone, Debug)]
pub struct Link {
	path: Arc<Path>,
}

impl Link {
	/// To the meter that answers at a socket, now or later.
	pub fn new(path: &Path) -> Self {
		Self { path: path.into() }
	}

	/// Whether the meter's work is done, and it has left.
	pub fn is_over(&self) -> bool {
		farewell(&self.path).exists()
	}

	/// Asks, and asks again as long as the meter is not there, or cannot tell.
	///
	/// # Errors
	/// [`AgentError::Link`] if what is there is no meter; [`AgentError::Refused`] if it refuses.
	pub async fn ask(&self, question: &Question) -> Result<Answer> {
		let mut text = serde_json::to_vec(question).map_err(failed)?;
		text.push(b'\n');
		loop {
			match self.attempt(&text).await {
				Ok(Some(line)) => match serde_json::from_slice(&line).map_err(failed)? {
					Answer::Refused { reason } => return Err(AgentError::Refused(reason)),
					Answer::Later { .. } => (),
					answer => return Ok(answer),
				},
				Ok(None) | Err(_) if *question == Question::Finished && self.is_over() => {
					return Ok(Answer::Done)
				},
				// It is not there yet, or was killed before it answered.
				Ok(None) | Err(_) => (),
			}
			sleep(PAUSE).await;
		}
	}

	async fn attempt(&self, question: &[u8]) -> Result<Option<Vec<u8>>> {
		let mut stream = UnixStream::connect(&*self.path).await.map_err(failed)?;
		stream.write_all(question).await.map_err(failed)?;
		line(&mut BufReader::new(stream)).await
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::sync::atomic::{AtomicU32, Ordering};

	struct Counts(AtomicU32);

	impl Answers for Counts {
		async fn answer(&self, question: Question) -> Answer {
			self.0.fetch_add(1, Ordering::Relaxed);
			match question {
				Question::Finished => Answer::Done,
				Question::Owns { addresses } => Answer::Address { address: addresses[0] },
				_ => Answer::Refused { reason: "no".into() },
			}
		}
	}

	async fn raw(path: &Path, text: &[u8]) -> String {
		let mut stream = UnixStream::connect(path).await.unwrap();
		stream.write_all(text).await.unwrap();
		stream.shutdown().await.unwrap();
		let mut answer = String::new();
		// A connection that is dropped with a part unread is reset.
		let _ = stream.read_to_string(&mut answer).await;
		answer
	}

	#[tokio::test]
	async fn link_should_answer_each_line_and_refuse_what_is_no_question() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("socket");
		let link = Link::new(&path);
		// Asked before there is anybody.
		let early = tokio::spawn({
			let link = link.clone();
			async move { link.ask(&Question::Finished).await }
		});
		std::fs::write(&path, "left by a killed meter").unwrap();
		let counts = Arc::new(Counts(AtomicU32::new(0)));
		let server = tokio::spawn({
			let (path, counts) = (path.clone(), counts.clone());
			async move { serve(&path, counts).await }
		});
		assert_eq!(early.await.unwrap().unwrap(), Answer::Done);
		let mode = std::fs::metadata(&path).unwrap().permissions().mode();
		assert_eq!(mode & 0o777, 0o600);
		let address = AccountId32([3; 32]);
		let owns = Question::Owns { addresses: vec![address] };
		assert_eq!(link.ask(&owns).await.unwrap(), Answer::Address { address });
		assert!(matches!(link.ask(&Question::About).await, Err(AgentError::Refused(_))));
		assert_eq!(counts.0.load(Ordering::Relaxed), 3);
		for wrong in ["\n", "{}\n", "{\"finished\":{\"more\":1}}\n", "\"steal\"\n", "\u{7f}\n"] {
			assert!(raw(&path, wrong.as_bytes()).await.contains("no question"), "{wrong:?}");
		}
		assert_eq!(raw(&path, b"\"finished\"").await, "");
		assert_eq!(raw(&path, &vec![b' '; MAX_LINE as usize + 1]).await, "");
		assert_eq!(raw(&path, b"\"finished\"\n\"finished\"\n").await.lines().count(), 2);
		assert_eq!(counts.0.load(Ordering::Relaxed), 5);
		server.abort();
	}

	#[tokio::test]
	async fn link_should_be_content_when_the_meter_is_done_and_has_left() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("socket");
		let link = Link::new(&path);
		assert!(!link.is_over());
		std::fs::write(farewell(&path), "").unwrap();
		assert_eq!(link.ask(&Question::Finished).await.unwrap(), Answer::Done);
	}

	#[test]
	fn money_should_be_carried_exactly() {
		let address = AccountId32([3; 32]);
		let amount = u128::from(u64::MAX) * 7;
		let outputs = vec![WithdrawalOutput::Financial { address, amount }];
		let question = Question::Withdraw { id: "1".into(), outputs };
		let text = serde_json::to_vec(&question).unwrap();
		assert_eq!(serde_json::from_slice::<Question>(&text).unwrap(), question);
	}
}
