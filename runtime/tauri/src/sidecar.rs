// SPDX-License-Identifier: BSD-3-Clause
//! The process of the sidecar: starts it, restarts it, and carries lines to and from it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{json, Value};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot, watch};

use crate::backoff::Backoff;
use crate::codec::read_line;
use crate::error::ErrorReport;
use crate::router::{Answer, Router};

/// How long a call waits for a process that is being restarted.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long a process may take to end after its output has ended.
const END_LIMIT: Duration = Duration::from_secs(5);

/// What to start.
#[derive(Clone, Debug)]
pub struct Launch {
    pub program: PathBuf,
    pub args: Vec<OsString>,
    pub directory: Option<PathBuf>,
    pub environment: Vec<(OsString, OsString)>,
}

/// Called with each notification, in order.
pub type Sink = Box<dyn Fn(&str, &Value) + Send + Sync>;

/// A sidecar that comes back when it dies. Clones are the same sidecar.
#[derive(Clone)]
pub struct Sidecar {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Tells calls that wait for a process to look again.
    changed: watch::Sender<()>,
    sink: Sink,
}

#[derive(Default)]
struct State {
    router: Router,
    /// To the input of the process; none while there is no process.
    input: Option<mpsc::UnboundedSender<String>>,
    /// Why the last process did not start.
    failure: Option<ErrorReport>,
    process: Option<u32>,
    closed: bool,
}

impl Sidecar {
    /// Returns the sidecar and what runs it, which the caller spawns.
    pub fn new(launch: Launch, sink: Sink) -> (Self, impl std::future::Future<Output = ()>) {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: watch::Sender::new(()),
            sink,
        });
        let running = Arc::clone(&shared).run(launch);
        (Self { shared }, running)
    }

    /// Calls a method. `owner` is the window that calls.
    pub async fn call(&self, method: &str, params: Value, owner: Option<&str>) -> Answer {
        let answer = self.send(method, params, owner).await?;
        answer
            .await
            .unwrap_or_else(|_| Err(ErrorReport::sidecar_lost()))
    }

    /// Cancels what a window had under way.
    pub fn abandon(&self, owner: &str) {
        let mut state = self.shared.state();
        let State { router, input, .. } = &mut *state;
        let Some(input) = input else { return };
        for (method, id) in router.abandon(owner) {
            let (answer, _) = oneshot::channel();
            let line = router.begin(method, json!({ "id": id }), None, answer);
            let _ = input.send(line);
        }
    }

    /// Ends the process, by closing its input, and starts no other.
    pub fn close(&self) {
        let mut state = self.shared.state();
        state.closed = true;
        state.input = None;
        drop(state);
        self.shared.changed.send_replace(());
    }

    /// The id of the process, while there is one.
    pub fn process(&self) -> Option<u32> {
        self.shared.state().process
    }

    async fn send(
        &self,
        method: &str,
        params: Value,
        owner: Option<&str>,
    ) -> Result<oneshot::Receiver<Answer>, ErrorReport> {
        let mut changed = self.shared.changed.subscribe();
        let deadline = tokio::time::Instant::now() + LONGEST_WAIT;
        loop {
            {
                let mut state = self.shared.state();
                let State { router, input, .. } = &mut *state;
                if let Some(input) = input {
                    let (sender, receiver) = oneshot::channel();
                    let line = router.begin(method, params, owner, sender);
                    let _ = input.send(line);
                    return Ok(receiver);
                }
                if state.closed {
                    return Err(ErrorReport::sidecar_lost());
                }
                if let Some(failure) = &state.failure {
                    return Err(failure.clone());
                }
                // Under the lock, so that no change is missed.
                changed.mark_unchanged();
            }
            if tokio::time::timeout_at(deadline, changed.changed())
                .await
                .is_err()
            {
                return Err(ErrorReport::sidecar_not_started("it does not come back."));
            }
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in between leaves nothing half done.
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    async fn run(self: Arc<Self>, launch: Launch) {
        let mut backoff = Backoff::default();
        while !self.state().closed {
            let began = Instant::now();
            match launch.start() {
                Ok(child) => self.attend(child).await,
                Err(error) => {
                    log::error!("{} cannot be started: {error}", launch.program.display());
                    let reason = format!("{}: {error}.", launch.program.display());
                    self.state().failure = Some(ErrorReport::sidecar_not_started(&reason));
                    self.changed.send_replace(());
                }
            }
            if self.state().closed {
                break;
            }
            let wait = backoff.next(began.elapsed());
            log::warn!("the sidecar is started again in {} ms", wait.as_millis());
            tokio::time::sleep(wait).await;
        }
    }

    /// Carries lines until the process has ended.
    async fn attend(&self, mut child: Child) {
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            unreachable!("all three are pipes");
        };
        let (input, lines) = mpsc::unbounded_channel();
        {
            let mut state = self.state();
            if !state.closed {
                state.input = Some(input);
                state.process = child.id();
                state.failure = None;
            }
        }
        self.changed.send_replace(());
        let (fatal, (), ()) =
            tokio::join!(self.read(stdout), write(stdin, lines), log_lines(stderr));
        if tokio::time::timeout(END_LIMIT, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
        let mut state = self.state();
        state.process = None;
        state.failure = fatal;
        drop(state);
        self.changed.send_replace(());
    }

    /// Reads until the output ends. Returns the reason, if the process told one.
    async fn read(&self, stdout: ChildStdout) -> Option<ErrorReport> {
        let mut fatal = None;
        each_line(stdout, |line| {
            let Some(line) = read_line(line) else { return };
            let note = self.state().router.take(line);
            if let Some((method, params)) = note {
                if method == "llm/fatal" {
                    fatal = serde_json::from_value(params["error"].clone()).ok();
                }
                (self.sink)(&method, &params);
            }
        })
        .await;
        let reason = fatal.clone().unwrap_or_else(ErrorReport::sidecar_lost);
        let ends = {
            let mut state = self.state();
            state.input = None;
            state.router.lose(&reason)
        };
        for (method, params) in ends {
            (self.sink)(&method, &params);
        }
        fatal
    }
}

impl Launch {
    fn start(&self) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .arg("sidecar")
            .args(&self.args)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        #[cfg(windows)]
        command.creation_flags(0x0800_0000); // no console window
        command.spawn()
    }
}

/// Writes lines until there are no more senders; then closes the input.
async fn write(mut stdin: ChildStdin, mut lines: mpsc::UnboundedReceiver<String>) {
    while let Some(line) = lines.recv().await {
        // The end of the output tells that the process is gone.
        if stdin.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
}

async fn log_lines(stderr: impl AsyncRead + Unpin) {
    each_line(stderr, |line| {
        log::info!(target: "nexus_llm::sidecar", "{}", String::from_utf8_lossy(line));
    })
    .await;
}

async fn each_line(input: impl AsyncRead + Unpin, mut on_line: impl FnMut(&[u8])) {
    let mut input = BufReader::new(input);
    let mut line = Vec::new();
    while matches!(input.read_until(b'\n', &mut line).await, Ok(read) if read > 0) {
        on_line(line.trim_ascii_end());
        line.clear();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// `sh` runs the file `sidecar` of the folder.
    fn launch(folder: &str) -> Launch {
        Launch {
            program: "/bin/sh".into(),
            args: vec![],
            directory: Some(folder.into()),
            environment: vec![],
        }
    }

    /// Starts the sidecar of `testdata`. Returns its notifications, too.
    fn start() -> (Sidecar, mpsc::UnboundedReceiver<(String, Value)>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let (sidecar, running) = Sidecar::new(
            launch(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata")),
            Box::new(move |method, params| {
                let _ = sender.send((method.to_owned(), params.clone()));
            }),
        );
        tokio::spawn(running);
        (sidecar, receiver)
    }

    fn name(answer: Answer) -> String {
        answer.unwrap_err().data["name"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[tokio::test]
    async fn a_process_that_dies_comes_back() {
        let (sidecar, mut notes) = start();
        let params = json!({});
        assert_eq!(
            sidecar.call("hello", params.clone(), None).await,
            Ok(Value::Bool(true))
        );
        let first = sidecar.process().unwrap();
        let started = sidecar
            .call("llm_generate_streaming", params.clone(), Some("main"))
            .await;
        assert_eq!(started, Ok(json!({"id": "s"})));
        assert_eq!(
            name(sidecar.call("die", params.clone(), None).await),
            "sidecar_lost"
        );
        let (method, end) = notes.recv().await.unwrap();
        assert_eq!(method, "llm/error");
        assert_eq!(end["id"], "s");
        assert_eq!(end["error"]["data"]["name"], "sidecar_lost");
        // Waits for the next process.
        assert_eq!(
            sidecar.call("hello", params.clone(), None).await,
            Ok(Value::Bool(true))
        );
        assert_ne!(sidecar.process().unwrap(), first);
        sidecar.close();
    }

    #[tokio::test]
    async fn a_process_that_tells_why_it_ends_is_quoted() {
        let (sidecar, mut notes) = start();
        let answer = sidecar.call("fatal", json!({}), None).await;
        assert_eq!(answer.unwrap_err().message, "no");
        assert_eq!(notes.recv().await.unwrap().0, "llm/fatal");
        sidecar.close();
    }

    #[tokio::test]
    async fn a_program_that_is_missing_is_told_at_once() {
        let launch = Launch {
            program: "/nowhere/nexus-llm".into(),
            ..launch("/")
        };
        let (sidecar, running) = Sidecar::new(launch, Box::new(|_, _| {}));
        tokio::spawn(running);
        let answer = sidecar.call("hello", json!({}), None).await;
        let error = answer.unwrap_err();
        assert_eq!(error.data["name"], "sidecar_not_started");
        assert!(error.message.contains("/nowhere/nexus-llm"));
        sidecar.close();
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_waits_five_seconds_for_a_process() {
        let (sidecar, _running) = Sidecar::new(launch("/"), Box::new(|_, _| {}));
        let began = tokio::time::Instant::now();
        let answer = sidecar.call("hello", json!({}), None).await;
        assert_eq!(name(answer), "sidecar_not_started");
        assert_eq!(began.elapsed().as_secs(), 5);
    }

    #[tokio::test]
    async fn closing_ends_the_process() {
        let (sidecar, _notes) = start();
        sidecar.call("hello", json!({}), None).await.unwrap();
        sidecar.close();
        while sidecar.process().is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let answer = sidecar.call("hello", json!({}), None).await;
        assert_eq!(name(answer), "sidecar_lost");
    }
}
