//! Settings: from the command line, else from the environment, else from the configuration file, else as they are.

use crate::failure::Failure;
use clap::{Args, ValueEnum};
use petra_client::{wallet::PASSPHRASE_VARIABLE, Finality};
use serde::Deserialize;
use std::path::{Path, PathBuf};

const URL: &str = "ws://127.0.0.1:9944";
const WALLET: &str = "petra.wallet";

/// How sure one wants to be before the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Until {
	/// The transaction is in the best block: about a second
	Included,
	/// The transaction is final: some seconds
	Final,
}

/// What can be set on the command line, in the environment and in the file.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[command(next_help_heading = "Settings (also in the environment and in the configuration file)")]
pub struct Layer {
	/// WebSocket address of a node [PETRA_URL; default: ws://127.0.0.1:9944]
	#[arg(long, global = true, value_name = "URL")]
	pub url: Option<String>,
	/// The wallet's file [PETRA_WALLET; default: petra.wallet]
	#[arg(long, global = true, value_name = "FILE")]
	pub wallet: Option<PathBuf>,
	/// File whose first line is the wallet's passphrase [PETRA_PASSPHRASE_FILE]; else PETRA_PASSPHRASE holds it, or it
	/// is asked for
	#[arg(long, global = true, value_name = "FILE")]
	pub passphrase_file: Option<PathBuf>,
	/// File with the regulator's secret phrase or URI [PETRA_KEY_FILE]; else the wallet's //petra//dso
	#[arg(long, global = true, value_name = "FILE")]
	pub key_file: Option<PathBuf>,
	/// Wait until a transaction is that sure [PETRA_UNTIL; default: final]
	#[arg(long, global = true, value_enum)]
	pub until: Option<Until>,
}

/// What is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
	pub url: String,
	pub wallet: PathBuf,
	pub passphrase_file: Option<PathBuf>,
	pub key_file: Option<PathBuf>,
	pub finality: Finality,
}

impl Settings {
	/// Puts the layers over each other: the first that says something counts.
	pub fn new(layers: [Layer; 3]) -> Self {
		let [flags, environment, file] = layers;
		let first = |pick: fn(&Layer) -> Option<PathBuf>| {
			[&flags, &environment, &file].into_iter().find_map(pick)
		};
		let until = flags.until.or(environment.until).or(file.until);
		Self {
			wallet: first(|layer| layer.wallet.clone()).unwrap_or_else(|| WALLET.into()),
			passphrase_file: first(|layer| layer.passphrase_file.clone()),
			key_file: first(|layer| layer.key_file.clone()),
			finality: match until {
				Some(Until::Included) => Finality::Included,
				Some(Until::Final) | None => Finality::Final,
			},
			url: flags.url.or(environment.url).or(file.url).unwrap_or_else(|| URL.into()),
		}
	}

	/// The settings in force on this machine.
	///
	/// # Errors
	/// [`Failure::File`] if the configuration cannot be read, [`Failure::Usage`] if a variable makes no sense.
	pub fn load(flags: Layer, config: Option<PathBuf>) -> Result<Self, Failure> {
		let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
		let environment = environment(variable)?;
		let mut file = match config.or_else(|| variable("PETRA_CONFIG").map(PathBuf::from)) {
			Some(named) => read(&named)?,
			None => match default_file(variable).filter(|file| file.exists()) {
				Some(file) => read(&file)?,
				None => Layer::default(),
			},
		};
		if variable(PASSPHRASE_VARIABLE).is_some() {
			// The environment's passphrase comes before the file's.
			file.passphrase_file = None;
		}
		Ok(Self::new([flags, environment, file]))
	}
}

/// What the environment says.
fn environment(variable: impl Fn(&str) -> Option<String>) -> Result<Layer, Failure> {
	let until = variable("PETRA_UNTIL")
		.map(|until| {
			Until::from_str(&until, true).map_err(|_| {
				Failure::Usage(format!("PETRA_UNTIL is {until:?}: write included or final"))
			})
		})
		.transpose()?;
	Ok(Layer {
		url: variable("PETRA_URL"),
		wallet: variable("PETRA_WALLET").map(PathBuf::from),
		passphrase_file: variable("PETRA_PASSPHRASE_FILE").map(PathBuf::from),
		key_file: variable("PETRA_KEY_FILE").map(PathBuf::from),
		until,
	})
}

/// Where the file is if nobody names it.
fn default_file(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
	let directory = variable("XDG_CONFIG_HOME")
		.map(PathBuf::from)
		.or_else(|| variable("HOME").map(|home| Path::new(&home).join(".config")))?;
	Some(directory.join("petra/config.toml"))
}

fn read(file: &Path) -> Result<Layer, Failure> {
	let text = std::fs::read_to_string(file).map_err(|error| Failure::file(file, error))?;
	parse(&text).map_err(|error| Failure::file(file, error))
}

fn parse(text: &str) -> Result<Layer, toml::de::Error> {
	toml::from_str(text)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn layer(text: &str) -> Layer {
		parse(text).unwrap()
	}

	#[test]
	fn flags_should_come_before_the_environment_and_that_before_the_file() {
		let flags = layer("url = 'flag'");
		let environment = environment(|name| match name {
			"PETRA_URL" => Some("variable".into()),
			"PETRA_WALLET" => Some("variable".into()),
			_ => None,
		})
		.unwrap();
		let file = layer("url = 'file'\nwallet = 'file'\nkey-file = 'file'\nuntil = 'included'");
		let settings = Settings::new([flags, environment, file]);
		assert_eq!(settings.url, "flag");
		assert_eq!(settings.wallet, Path::new("variable"));
		assert_eq!(settings.key_file.as_deref(), Some(Path::new("file")));
		assert_eq!(settings.passphrase_file, None);
		assert_eq!(settings.finality, Finality::Included);
	}

	#[test]
	fn settings_should_have_defaults() {
		let settings = Settings::new([Layer::default(), Layer::default(), Layer::default()]);
		assert_eq!((settings.url.as_str(), settings.finality), (URL, Finality::Final));
		assert_eq!(settings.wallet, Path::new(WALLET));
	}

	#[test]
	fn file_should_be_refused_when_it_sets_what_there_is_not() {
		let error = parse("ulr = 'ws://127.0.0.1:9944'").unwrap_err().to_string();
		assert!(error.contains("ulr") && error.contains("passphrase-file"), "{error}");
		assert!(parse("until = 'never'").is_err());
		assert!(parse("url = ").is_err());
	}

	#[test]
	fn variable_should_be_refused_when_it_makes_no_sense() {
		let never = environment(|name| (name == "PETRA_UNTIL").then(|| "never".into()));
		assert!(matches!(never, Err(Failure::Usage(_))));
		let sure = environment(|name| (name == "PETRA_UNTIL").then(|| "Final".into())).unwrap();
		assert_eq!(sure.until, Some(Until::Final));
	}

	#[test]
	fn file_should_be_looked_for_where_configurations_are() {
		let home = |name: &str| (name == "HOME").then(|| "/h".to_string());
		assert_eq!(default_file(home), Some("/h/.config/petra/config.toml".into()));
		let xdg = |name: &str| (name == "XDG_CONFIG_HOME").then(|| "/x".to_string());
		assert_eq!(default_file(xdg), Some("/x/petra/config.toml".into()));
		assert_eq!(default_file(|_| None), None);
	}
}
