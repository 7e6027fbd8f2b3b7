// SPDX-License-Identifier: BSD-3-Clause
//! Which call, stream and window a line belongs to. No process, no window: see `sidecar`.

use std::collections::hash_map::RandomState;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use serde_json::{json, Value};
use tokio::sync::oneshot;

use crate::codec::{call_line, Incoming};
use crate::error::ErrorReport;

pub type Answer = Result<Value, ErrorReport>;

/// A call that waits for its answer.
struct Call {
    answer: oneshot::Sender<Answer>,
    kind: Kind,
    /// The id by which it can be cancelled; empty if it cannot.
    request: String,
    /// The window that called; none for the application itself.
    owner: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Answers with a stream, which a cancel ends.
    Stream,
    /// Answers with a stream of somebody else.
    Joined,
    /// Leaves such a stream.
    Leave,
    /// Takes its time, and can be cancelled.
    Long,
    Short,
}

/// A stream under way.
struct Stream {
    joined: bool,
    owner: Option<String>,
}

pub struct Router {
    last_id: u64,
    /// Tells the ids of requests from those of other programs.
    prefix: u64,
    calls: HashMap<u64, Call>,
    streams: HashMap<String, Stream>,
}

impl Default for Router {
    fn default() -> Self {
        Self {
            last_id: 0,
            prefix: RandomState::new().build_hasher().finish(),
            calls: HashMap::new(),
            streams: HashMap::new(),
        }
    }
}

impl Router {
    /// Takes a call; returns the line that makes it.
    pub fn begin(
        &mut self,
        method: &str,
        mut params: Value,
        owner: Option<&str>,
        answer: oneshot::Sender<Answer>,
    ) -> String {
        self.last_id += 1;
        // Where the id of the request is; without one it could not be cancelled.
        let (kind, place) = match method {
            "llm_generate_streaming" | "llm_chat_streaming" => (Kind::Stream, "/options"),
            "llm_generate" | "llm_chat" => (Kind::Long, "/options"),
            "llm_pull_model" | "llm_load_model" => (Kind::Long, ""),
            "llm_subscribe" => (Kind::Joined, ""),
            "llm_unsubscribe" => (Kind::Leave, ""),
            _ => (Kind::Short, ""),
        };
        let mut request = String::new();
        if kind == Kind::Leave {
            request = params["id"].as_str().unwrap_or_default().to_owned();
        } else if kind != Kind::Short {
            if let (Value::Object(all), "/options") = (&mut params, place) {
                let options = all.entry("options").or_insert(Value::Null);
                if options.is_null() {
                    *options = json!({});
                }
            }
            if let Some(Value::Object(place)) = params.pointer_mut(place) {
                let id = place.entry("id").or_insert(Value::Null);
                if id.is_null() || id == "" {
                    *id = format!("{:016x}-{}", self.prefix, self.last_id).into();
                }
                request = id.as_str().unwrap_or_default().to_owned();
            }
        }
        self.calls.insert(
            self.last_id,
            Call {
                answer,
                kind,
                request,
                owner: owner.map(str::to_owned),
            },
        );
        call_line(self.last_id, method, &params)
    }

    /// Takes a line. Returns the notification to pass on, if it is one.
    pub fn take(&mut self, line: Incoming) -> Option<(String, Value)> {
        match line {
            Incoming::Answer { id, result } => {
                if let Some(call) = self.calls.remove(&id) {
                    self.note_stream(&call, &result);
                    // The caller may be gone.
                    let _ = call.answer.send(result);
                }
                None
            }
            Incoming::Notification { method, params } => {
                if method == "llm/end" || method == "llm/error" {
                    if let Some(id) = params["id"].as_str() {
                        self.streams.remove(id);
                    }
                }
                Some((method, params))
            }
        }
    }

    /// The process is gone: rejects all calls. Returns the ends of all streams.
    pub fn lose(&mut self, reason: &ErrorReport) -> Vec<(String, Value)> {
        for (_, call) in self.calls.drain() {
            let _ = call.answer.send(Err(reason.clone()));
        }
        self.streams
            .drain()
            .map(|(id, _)| ("llm/error".to_owned(), json!({"id": id, "error": reason})))
            .collect()
    }

    /// A window is gone: returns the calls that end what it had under way.
    pub fn abandon(&mut self, owner: &str) -> Vec<(&'static str, String)> {
        let is_its = |other: &Option<String>| other.as_deref() == Some(owner);
        let calls = self.calls.values().filter(|call| is_its(&call.owner));
        let pending = calls.filter_map(|call| {
            let id = call.request.clone();
            match call.kind {
                Kind::Short | Kind::Leave => None,
                Kind::Joined => Some(("llm_unsubscribe", id)),
                Kind::Stream | Kind::Long => Some(("llm_cancel", id)),
            }
        });
        let streams = self.streams.iter();
        let running = streams
            .filter(|(_, stream)| is_its(&stream.owner))
            .map(|(id, stream)| {
                let method = if stream.joined {
                    "llm_unsubscribe"
                } else {
                    "llm_cancel"
                };
                (method, id.clone())
            });
        pending.chain(running).collect()
    }

    /// An answer may begin a stream, or be the last of one that was joined.
    fn note_stream(&mut self, call: &Call, result: &Answer) {
        match (call.kind, result) {
            (Kind::Stream | Kind::Joined, Ok(started)) => {
                if let Some(id) = started["id"].as_str() {
                    self.streams.insert(
                        id.to_owned(),
                        Stream {
                            joined: call.kind == Kind::Joined,
                            owner: call.owner.clone(),
                        },
                    );
                }
            }
            (Kind::Leave, Ok(Value::Bool(true))) => {
                self.streams.remove(&call.request);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(router: &mut Router, method: &str, params: Value) -> oneshot::Receiver<Answer> {
        let (sender, receiver) = oneshot::channel();
        router.begin(method, params, Some("main"), sender);
        receiver
    }

    fn answer(router: &mut Router, id: u64, result: Value) {
        let result = Ok(result);
        assert_eq!(router.take(Incoming::Answer { id, result }), None);
    }

    fn notification(method: &str, params: Value) -> Incoming {
        let method = method.to_owned();
        Incoming::Notification { method, params }
    }

    #[test]
    fn answers_find_their_calls_in_any_order() {
        let mut router = Router::default();
        let mut first = begin(&mut router, "llm_health", json!({}));
        let mut second = begin(&mut router, "llm_stats", json!({}));
        answer(&mut router, 2, json!("two"));
        answer(&mut router, 1, json!("one"));
        answer(&mut router, 1, json!("again"));
        assert_eq!(first.try_recv().unwrap(), Ok(json!("one")));
        assert_eq!(second.try_recv().unwrap(), Ok(json!("two")));
    }

    #[test]
    fn a_request_without_an_id_gets_one() {
        let mut router = Router::default();
        let mut ids = std::collections::HashSet::new();
        for (method, params) in [
            ("llm_generate", json!({"prompt": "p"})),
            ("llm_generate", json!({"prompt": "p", "options": null})),
            ("llm_chat", json!({"options": {"id": "", "seed": 7}})),
            ("llm_pull_model", json!({"modelName": "m"})),
        ] {
            let (sender, _) = oneshot::channel();
            let line = router.begin(method, params, Some("main"), sender);
            let params = serde_json::from_str::<Value>(&line).unwrap()["params"].take();
            let id = params["options"]["id"].as_str().or(params["id"].as_str());
            assert!(ids.insert(id.unwrap().to_owned()), "{line}");
        }
        let cancelled = router.abandon("main").into_iter().map(|(_, id)| id);
        assert_eq!(cancelled.collect::<std::collections::HashSet<_>>(), ids);
    }

    #[test]
    fn parameters_that_are_wrong_are_left_to_the_sidecar() {
        let mut router = Router::default();
        for params in [json!(null), json!([1]), json!({"options": 1}), json!("x")] {
            let (sender, _) = oneshot::channel();
            let line = router.begin("llm_generate", params.clone(), None, sender);
            let line: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(line["params"], params);
        }
    }

    #[test]
    fn a_caller_that_left_harms_nobody() {
        let mut router = Router::default();
        drop(begin(&mut router, "llm_health", json!({})));
        answer(&mut router, 1, json!("one"));
    }

    #[test]
    fn a_lost_process_rejects_calls_and_ends_streams() {
        let mut router = Router::default();
        for id in ["ended", "failed", "live"] {
            let params = json!({"prompt": "p", "role": "overseer", "options": {"id": id}});
            begin(&mut router, "llm_generate_streaming", params);
        }
        for (call, id) in [(1, "ended"), (2, "failed"), (3, "live")] {
            answer(&mut router, call, json!({"id": id}));
        }
        let end = notification("llm/end", json!({"id": "ended"}));
        assert!(router.take(end).is_some());
        let error = notification("llm/error", json!({"id": "failed"}));
        assert!(router.take(error).is_some());
        let mut call = begin(&mut router, "llm_health", json!({}));

        let reason = ErrorReport::sidecar_lost();
        let ends = router.lose(&reason);
        assert_eq!(
            ends,
            [(
                "llm/error".to_owned(),
                json!({"id": "live", "error": reason})
            )]
        );
        assert_eq!(call.try_recv().unwrap(), Err(reason.clone()));
        assert!(router.lose(&reason).is_empty());
    }

    #[test]
    fn a_stream_that_was_refused_gets_no_end() {
        let mut router = Router::default();
        begin(&mut router, "llm_chat_streaming", json!({}));
        let result = Err(ErrorReport::invalid(-32602, "m".into()));
        router.take(Incoming::Answer { id: 1, result });
        assert!(router.lose(&ErrorReport::sidecar_lost()).is_empty());
    }

    #[test]
    fn a_stream_that_was_left_is_forgotten() {
        let mut router = Router::default();
        begin(&mut router, "llm_subscribe", json!({"id": "joined"}));
        answer(&mut router, 1, json!({"id": "joined"}));
        begin(&mut router, "llm_unsubscribe", json!({"id": "joined"}));
        answer(&mut router, 2, json!(true));
        // One that was started is not left by it, as the answer says.
        let started = json!({"options": {"id": "started"}});
        begin(&mut router, "llm_generate_streaming", started);
        answer(&mut router, 3, json!({"id": "started"}));
        begin(&mut router, "llm_unsubscribe", json!({"id": "started"}));
        answer(&mut router, 4, json!(false));
        assert_eq!(
            router.abandon("main"),
            [("llm_cancel", "started".to_owned())]
        );
        for params in [json!(null), json!([1]), json!({"id": 1})] {
            begin(&mut router, "llm_unsubscribe", params);
        }
    }

    #[test]
    fn what_a_closed_window_had_under_way_is_cancelled() {
        let mut router = Router::default();
        let request = |id: &str| json!({"options": {"id": id}});
        begin(&mut router, "llm_generate_streaming", request("stream"));
        answer(&mut router, 1, json!({"id": "stream"}));
        begin(&mut router, "llm_subscribe", json!({"id": "joined"}));
        answer(&mut router, 2, json!({"id": "joined"}));
        begin(&mut router, "llm_chat_streaming", request("starting"));
        begin(&mut router, "llm_generate", request("whole"));
        begin(&mut router, "llm_pull_model", json!({"id": "pull"}));
        begin(&mut router, "llm_cancel", json!({"id": "other"}));
        let mut ends = router.abandon("main");
        ends.sort();
        assert_eq!(
            ends,
            [
                ("llm_cancel", "pull".to_owned()),
                ("llm_cancel", "starting".to_owned()),
                ("llm_cancel", "stream".to_owned()),
                ("llm_cancel", "whole".to_owned()),
                ("llm_unsubscribe", "joined".to_owned()),
            ]
        );
        assert!(router.abandon("settings").is_empty());
    }
}
