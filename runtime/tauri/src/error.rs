// SPDX-License-Identifier: BSD-3-Clause
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// An error object of the protocol, as commands return it.
///
/// `data` has at least `name`, `category` and `retryable`; `docs/errors.md` lists the names.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ErrorReport {
    pub code: i32,
    /// One sentence for a person.
    pub message: String,
    pub data: Value,
}

impl ErrorReport {
    /// The process ended while it worked on the request.
    pub fn sidecar_lost() -> Self {
        Self::of_sidecar(
            -32099,
            "sidecar_lost",
            "The process that talks to Ollama has ended. Try again.".into(),
        )
    }

    /// The process cannot be started.
    pub fn sidecar_not_started(reason: &str) -> Self {
        Self::of_sidecar(
            -32098,
            "sidecar_not_started",
            format!("The process that talks to Ollama cannot be started: {reason}"),
        )
    }

    /// The caller did something wrong.
    pub fn invalid(code: i32, message: String) -> Self {
        Self {
            code,
            message,
            data: json!({"name": "invalid_argument", "category": "validation", "retryable": false}),
        }
    }

    fn of_sidecar(code: i32, name: &str, message: String) -> Self {
        Self {
            code,
            message,
            data: json!({"name": name, "category": "connection", "retryable": true}),
        }
    }
}

impl std::fmt::Display for ErrorReport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ErrorReport {}
