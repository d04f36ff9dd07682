//! A book is cleared on a node while others go on paying: the small version of `make measure-clearing`.

use petra_tests::{
	clearing::{measure, Settings},
	knob, Result,
};

/// Offers, if `PETRA_OFFERS` does not say otherwise.
const OFFERS: usize = 600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_book_should_be_cleared_on_a_node_while_others_go_on_paying() -> Result {
	let settings =
		Settings { offers: knob("PETRA_OFFERS", OFFERS)?, timestep_ms: 30_000, filling_s: 40 };
	let measured = measure(settings).await?;
	println!("{}", measured.report().await?);
	measured.check()
}
