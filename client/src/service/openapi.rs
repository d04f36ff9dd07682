//! The service's description of itself.

/// The OpenAPI 3.1 document that `GET /openapi.json` answers.
pub const OPENAPI: &str = include_str!("openapi.json");
