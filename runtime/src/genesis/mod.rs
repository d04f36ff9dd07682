//! What a chain starts from: a preset is a patch over the runtime's default genesis, which chain specs carry.

mod presets;

pub use presets::{get_preset, preset_names, CONSORTIUM};
