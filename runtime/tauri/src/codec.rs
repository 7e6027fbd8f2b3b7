// SPDX-License-Identifier: BSD-3-Clause
//! Lines of JSON-RPC.

use serde::Deserialize;
use serde_json::{json, Value};

use crate::error::ErrorReport;

/// A line of the sidecar.
#[derive(Debug, PartialEq)]
pub enum Incoming {
    Answer {
        id: u64,
        result: Result<Value, ErrorReport>,
    },
    Notification {
        method: String,
        params: Value,
    },
}

#[derive(Deserialize)]
struct Line {
    id: Option<u64>,
    result: Option<Value>,
    error: Option<ErrorReport>,
    method: Option<String>,
    params: Option<Value>,
}

/// Returns the line of a call, with its line feed.
pub fn call_line(id: u64, method: &str, params: &Value) -> String {
    let mut line =
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string();
    line.push('\n');
    line
}

/// Reads a line. Returns nothing if it is not a line of the protocol, or belongs to no call.
pub fn read_line(line: &[u8]) -> Option<Incoming> {
    let line: Line = serde_json::from_slice(line).ok()?;
    if let Some(method) = line.method {
        let params = line.params.unwrap_or(Value::Null);
        return Some(Incoming::Notification { method, params });
    }
    let result = match line.error {
        Some(error) => Err(error),
        None => Ok(line.result.unwrap_or(Value::Null)),
    };
    line.id.map(|id| Incoming::Answer { id, result })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_one_line_whatever_its_text() {
        let text = "\u{1F469}\u{200D}\u{1F4BB} \u{2028}\u{2029}\r\n\"\\\0";
        let line = call_line(7, "llm_generate", &json!({"prompt": text}));
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.ends_with('\n'));
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["id"], 7);
        assert_eq!(read["jsonrpc"], "2.0");
        assert_eq!(read["params"]["prompt"], text);
    }

    #[test]
    fn answers_and_notifications_are_told_apart() {
        let read = |line: &str| read_line(line.as_bytes());
        let answer = |id, result| Some(Incoming::Answer { id, result });
        assert_eq!(
            read(r#"{"jsonrpc":"2.0","id":1,"result":null}"#),
            answer(1, Ok(Value::Null))
        );
        assert_eq!(
            read(r#"{"jsonrpc":"2.0","id":2,"result":[true]}"#),
            answer(2, Ok(json!([true])))
        );
        let data = json!({"name": "cancelled", "category": "cancelled", "retryable": false});
        assert_eq!(
            read(&format!(
                r#"{{"id":3,"error":{{"code":-32040,"message":"m","data":{data}}}}}"#
            )),
            answer(
                3,
                Err(ErrorReport {
                    code: -32040,
                    message: "m".into(),
                    data
                })
            )
        );
        assert_eq!(
            read(r#"{"jsonrpc":"2.0","method":"llm/chunk","params":{"id":"a"}}"#),
            Some(Incoming::Notification {
                method: "llm/chunk".into(),
                params: json!({"id": "a"})
            })
        );
    }

    #[test]
    fn what_is_not_of_the_protocol_is_ignored() {
        for line in ["", "x", "[]", "{}", r#"{"id":null,"error":{}}"#, "\u{feff}"] {
            assert_eq!(read_line(line.as_bytes()), None, "{line}");
        }
        assert_eq!(read_line(b"\xff\xfe"), None);
    }
}
