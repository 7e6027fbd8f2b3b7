// SPDX-License-Identifier: BSD-3-Clause
//! The process of the sidecar: starts it, restarts it, and carries lines to and from it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{json, Value};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot, watch};

use crate::backoff::Backoff;
use crate::codec::read_line;
use crate::error::ErrorReport;
use crate::lock;
use crate::router::{Answer, Router};

/// How long a call waits for a process that is being restarted.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long a process may take to end after its output has ended.
const END_LIMIT: Duration = Duration::from_secs(5);
/// How long the rest of the log of a process is read for its last line.
const LOG_LIMIT: Duration = Duration::from_secs(1);

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
    /// How many pages of each window are gone.
    departures: HashMap<String, u64>,
    closed: bool,
}

impl State {
    fn departures(&self, owner: Option<&str>) -> u64 {
        owner
            .and_then(|owner| self.departures.get(owner))
            .copied()
            .unwrap_or_default()
    }
}

/// What a process wrote until its output ended.
struct Output {
    /// Whether there was a line of the protocol.
    spoke: bool,
    /// Why the process ended, if it told.
    fatal: Option<ErrorReport>,
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

    /// The page of a window is gone: cancels what it had under way, and starts nothing of it.
    pub fn abandon(&self, owner: &str) {
        let mut state = self.shared.state();
        *state.departures.entry(owner.to_owned()).or_default() += 1;
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
        let departures = self.shared.state().departures(owner);
        let deadline = tokio::time::Instant::now() + LONGEST_WAIT;
        loop {
            {
                let mut state = self.shared.state();
                if state.departures(owner) != departures {
                    // Nobody reads the answer.
                    return Err(ErrorReport::sidecar_lost());
                }
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
        lock(&self.state)
    }

    async fn run(self: Arc<Self>, launch: Launch) {
        let mut backoff = Backoff::default();
        while !self.state().closed {
            let began = Instant::now();
            match launch.start() {
                Ok(child) => self.attend(child, &launch).await,
                Err(reason) => {
                    log::error!("the sidecar cannot be started: {reason}");
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
    async fn attend(&self, mut child: Child, launch: &Launch) {
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
        let writing = tokio::spawn(write(stdin, lines));
        let last_line = Arc::default();
        let logging = tokio::spawn(log_lines(stderr, Arc::clone(&last_line)));
        let output = self.read(stdout).await;
        self.state().input = None;
        // It may wait for a process that reads no more.
        writing.abort();
        let mut failure = output.fatal;
        if output.spoke {
            self.lose(failure.clone());
        }
        let status = tokio::time::timeout(END_LIMIT, child.wait()).await;
        if status.is_err() {
            let _ = child.kill().await;
        }
        // A process that works does not end by itself before it has said anything.
        if !output.spoke {
            // Another process may keep the log open.
            let _ = tokio::time::timeout(LOG_LIMIT, logging).await;
            if let (Ok(Ok(status)), false) = (status, self.state().closed) {
                if status.code().is_some() {
                    let reason = launch.reason(status, &lock(&last_line));
                    log::error!("the sidecar cannot be started: {reason}");
                    failure = Some(ErrorReport::sidecar_not_started(&reason));
                }
            }
            self.lose(failure.clone());
        }
        let mut state = self.state();
        state.process = None;
        state.failure = failure;
        drop(state);
        self.changed.send_replace(());
    }

    /// Reads until the output ends.
    async fn read(&self, stdout: ChildStdout) -> Output {
        let mut output = Output {
            spoke: false,
            fatal: None,
        };
        each_line(stdout, |line| {
            let Some(line) = read_line(line) else { return };
            output.spoke = true;
            let note = self.state().router.take(line);
            if let Some((method, params)) = note {
                if method == "llm/fatal" {
                    output.fatal = serde_json::from_value(params["error"].clone()).ok();
                }
                (self.sink)(&method, &params);
            }
        })
        .await;
        output
    }

    /// Rejects the calls of a process that is gone, and ends its streams.
    fn lose(&self, failure: Option<ErrorReport>) {
        let reason = failure.unwrap_or_else(ErrorReport::sidecar_lost);
        let ends = self.state().router.lose(&reason);
        for (method, params) in ends {
            (self.sink)(&method, &params);
        }
    }
}

impl Launch {
    /// Starts the process, or says why it does not start.
    fn start(&self) -> Result<Child, String> {
        let mut command = Command::new(&self.program);
        command
            .arg("sidecar")
            .args(&self.args)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(directory) = &self.directory {
            // The error of the system would be that of a missing program.
            if !directory.is_dir() {
                return Err(format!("there is no directory {}.", directory.display()));
            }
            command.current_dir(directory);
        }
        #[cfg(windows)]
        command.creation_flags(0x0800_0000); // no console window
        command
            .spawn()
            .map_err(|error| format!("{}: {error}.", self.program.display()))
    }

    /// Says how the process ended, in the words of its log.
    fn reason(&self, status: ExitStatus, last_line: &str) -> String {
        let program = self.program.display();
        match last_line.trim_end_matches('.') {
            "" => format!("{program} ended with {status}."),
            line => format!("{program} ended with {status}: {line}."),
        }
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

async fn log_lines(stderr: impl AsyncRead + Unpin, last: Arc<Mutex<String>>) {
    each_line(stderr, |line| {
        let line = String::from_utf8_lossy(line);
        log::info!(target: "nexus_llm::sidecar", "{line}");
        if !line.is_empty() {
            *lock(&last) = line.into_owned();
        }
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

    /// Calls a method as the application, and does not wait for ever.
    async fn call(sidecar: &Sidecar, method: &str) -> Answer {
        let call = sidecar.call(method, json!({}), None);
        bounded(call).await
    }

    async fn bounded<T>(future: impl std::future::Future<Output = T>) -> T {
        let limit = Duration::from_secs(30);
        tokio::time::timeout(limit, future).await.expect("in vain")
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
        assert_eq!(call(&sidecar, "hello").await, Ok(Value::Bool(true)));
        let first = sidecar.process().unwrap();
        let started = sidecar.call("llm_generate_streaming", json!({}), Some("main"));
        assert_eq!(bounded(started).await, Ok(json!({"id": "s"})));
        assert_eq!(name(call(&sidecar, "die").await), "sidecar_lost");
        let (method, end) = bounded(notes.recv()).await.unwrap();
        assert_eq!(method, "llm/error");
        assert_eq!(end["id"], "s");
        assert_eq!(end["error"]["data"]["name"], "sidecar_lost");
        // Waits for the next process.
        assert_eq!(call(&sidecar, "hello").await, Ok(Value::Bool(true)));
        assert_ne!(sidecar.process().unwrap(), first);
        sidecar.close();
    }

    #[tokio::test]
    async fn a_process_that_tells_why_it_ends_is_quoted() {
        let (sidecar, mut notes) = start();
        let answer = call(&sidecar, "fatal").await;
        assert_eq!(answer.unwrap_err().message, "no");
        assert_eq!(bounded(notes.recv()).await.unwrap().0, "llm/fatal");
        sidecar.close();
    }

    #[tokio::test]
    async fn a_program_that_is_missing_is_told_at_once() {
        let launch = Launch {
            program: "/nowhere/nexus-llm".into(),
            ..launch("/")
        };
        let error = refusal(launch).await;
        assert!(error.message.contains("/nowhere/nexus-llm"), "{error}");
    }

    /// Returns the error of a call to what cannot be started.
    async fn refusal(launch: Launch) -> ErrorReport {
        let (sidecar, running) = Sidecar::new(launch, Box::new(|_, _| {}));
        tokio::spawn(running);
        let answer = call(&sidecar, "hello").await;
        sidecar.close();
        let error = answer.unwrap_err();
        assert_eq!(error.data["name"], "sidecar_not_started", "{error}");
        error
    }

    #[tokio::test]
    async fn a_program_that_exits_at_once_is_told_with_its_last_words() {
        // There is no script `sidecar`.
        let error = refusal(launch("/")).await;
        let end = "cannot be started: /bin/sh ended with exit status: ";
        assert!(error.message.contains(end), "{error}");
        assert!(error.message.contains("sidecar:"), "{error}");
        let program = Launch {
            program: "/bin/true".into(),
            ..launch("/")
        };
        let error = refusal(program).await;
        assert!(error.message.ends_with("with exit status: 0."), "{error}");
    }

    #[tokio::test]
    async fn a_directory_that_is_missing_is_blamed_itself() {
        let error = refusal(launch("/nowhere/project")).await;
        let end = "there is no directory /nowhere/project.";
        assert!(error.message.ends_with(end), "{error}");
    }

    #[tokio::test]
    async fn a_process_that_keeps_the_pipes_of_a_dead_one_holds_nobody_up() {
        let (sidecar, _notes) = start();
        let first = call(&sidecar, "leave_a_child").await;
        assert_eq!(name(first), "sidecar_lost");
        let began = Instant::now();
        call(&sidecar, "hello").await.unwrap();
        assert!(began.elapsed() < END_LIMIT);
        sidecar.close();
    }

    #[tokio::test]
    async fn a_call_of_a_page_that_is_gone_does_not_start() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
        let (sidecar, running) = Sidecar::new(launch(folder), Box::new(|_, _| {}));
        // They wait for the process.
        let call = |owner| {
            let sidecar = sidecar.clone();
            let (method, params) = ("llm_generate_streaming", json!({}));
            tokio::spawn(async move { sidecar.call(method, params, Some(owner)).await })
        };
        let (old, other) = (call("main"), call("settings"));
        tokio::task::yield_now().await;
        sidecar.abandon("main");
        let new = call("main");
        tokio::task::yield_now().await;
        tokio::spawn(running);
        assert_eq!(name(bounded(old).await.unwrap()), "sidecar_lost");
        assert_eq!(bounded(other).await.unwrap(), Ok(json!({"id": "s"})));
        assert_eq!(bounded(new).await.unwrap(), Ok(json!({"id": "s"})));
        sidecar.close();
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_waits_five_seconds_for_a_process() {
        let (sidecar, _running) = Sidecar::new(launch("/"), Box::new(|_, _| {}));
        let began = tokio::time::Instant::now();
        let answer = call(&sidecar, "hello").await;
        assert_eq!(name(answer), "sidecar_not_started");
        assert_eq!(began.elapsed().as_secs(), 5);
    }

    #[tokio::test]
    async fn closing_ends_the_process() {
        let (sidecar, _notes) = start();
        call(&sidecar, "hello").await.unwrap();
        sidecar.close();
        bounded(async {
            while sidecar.process().is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        let answer = call(&sidecar, "hello").await;
        assert_eq!(name(answer), "sidecar_lost");
    }
}
