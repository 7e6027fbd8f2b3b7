// SPDX-License-Identifier: BSD-3-Clause
//! Gives a Tauri application the sidecar of nexus-llm: starts it, restarts it when it dies, and
//! passes calls, answers and notifications on. Every decision about requests is the sidecar's.
//!
//! ```no_run
//! # fn run(context: tauri::Context) {
//! tauri::Builder::default()
//!     .plugin(tauri_plugin_nexus_llm::init())
//!     .run(context)
//!     .unwrap();
//! # }
//! ```
//!
//! `docs/desktop.md` describes the way into an application, and the protocol.

mod backoff;
mod codec;
pub mod commands;
mod error;
mod locate;
mod router;
mod sidecar;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;
use tauri::ipc::Channel;
use tauri::plugin::TauriPlugin;
use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, Emitter, Manager, RunEvent, Runtime, WindowEvent};

use commands::Notification;
pub use error::ErrorReport;
use sidecar::{Launch, Sidecar};

/// Those of each page, with its label.
type Channels = Arc<Mutex<Vec<(String, Channel<Notification>)>>>;

/// The sidecar of an application: `app.state::<NexusLlm>()`.
pub struct NexusLlm {
    sidecar: Sidecar,
    channels: Channels,
}

impl NexusLlm {
    /// Calls a method of the protocol for the application itself.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, ErrorReport> {
        self.sidecar.call(method, params, None).await
    }

    /// The id of the process, while there is one.
    pub fn process(&self) -> Option<u32> {
        self.sidecar.process()
    }

    pub(crate) async fn call_from(
        &self,
        webview: &str,
        method: &str,
        params: Value,
    ) -> Result<Value, ErrorReport> {
        self.sidecar.call(method, params, Some(webview)).await
    }

    pub(crate) fn connect(&self, webview: &str, channel: Channel<Notification>) {
        lock(&self.channels).push((webview.to_owned(), channel));
    }

    pub(crate) fn disconnect(&self, webview: &str, channel: u32) {
        lock(&self.channels).retain(|(label, one)| label != webview || one.id() != channel);
    }

    /// A page is gone: nobody reads what it asked for.
    fn forget(&self, webview: &str) {
        lock(&self.channels).retain(|(label, _)| label != webview);
        self.sidecar.abandon(webview);
    }
}

/// The plugin with all defaults.
pub fn init<R: Runtime>() -> TauriPlugin<R> {
    Builder::new().build()
}

/// The plugin, and how it starts the sidecar.
#[derive(Debug, Default)]
pub struct Builder {
    program: Option<PathBuf>,
    args: Vec<OsString>,
    directory: Option<PathBuf>,
    environment: Vec<(OsString, OsString)>,
}

impl Builder {
    pub fn new() -> Self {
        Self::default()
    }

    /// The program, instead of the one that is found.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Adds an option, such as `--config`.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Where the sidecar works, and searches `.nexus-overseer/config.json`.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets an environment variable of the sidecar.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    pub fn build<R: Runtime>(self) -> TauriPlugin<R> {
        tauri::plugin::Builder::new("nexus-llm")
            .invoke_handler(tauri::generate_handler![
                commands::call,
                commands::request,
                commands::connect,
                commands::disconnect,
                commands::llm_generate,
                commands::llm_generate_streaming,
                commands::llm_chat,
                commands::llm_chat_streaming,
                commands::llm_list_models,
                commands::llm_check_model,
                commands::llm_get_model_for_role,
                commands::llm_set_model_for_role,
            ])
            .setup(move |app, _| {
                let launch = Launch {
                    program: self.program.unwrap_or_else(locate::locate),
                    args: self.args,
                    directory: self.directory,
                    environment: self.environment,
                };
                let channels = Channels::default();
                let sink = notifier(app.clone(), Arc::clone(&channels));
                let (sidecar, running) = Sidecar::new(launch, Box::new(sink));
                tauri::async_runtime::spawn(running);
                app.manage(NexusLlm { sidecar, channels });
                Ok(())
            })
            .on_page_load(|webview, page| {
                if page.event() == PageLoadEvent::Started {
                    webview.state::<NexusLlm>().forget(webview.label());
                }
            })
            .on_event(|app, event| match event {
                RunEvent::WindowEvent {
                    label,
                    event: WindowEvent::Destroyed,
                    ..
                } => app.state::<NexusLlm>().forget(label),
                RunEvent::Exit => app.state::<NexusLlm>().sidecar.close(),
                _ => {}
            })
            .build()
    }
}

/// Sends each notification to the channels of the pages, and as an event.
fn notifier<R: Runtime>(app: AppHandle<R>, channels: Channels) -> impl Fn(&str, &Value) {
    move |method, params| {
        let all = lock(&channels).clone();
        for (_, channel) in all {
            // A page that is gone is forgotten elsewhere.
            let _ = channel.send(Notification {
                method: method.to_owned(),
                params: params.clone(),
            });
        }
        if let Err(error) = app.emit(&event_name(method), params) {
            log::warn!("{method} could not be emitted: {error}");
        }
    }
}

/// The event of a notification: `llm://chunk` of `llm/chunk`.
fn event_name(method: &str) -> String {
    method.replacen('/', "://", 1)
}

/// Locks, after a panic too: nothing is left half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_after_notifications() {
        assert_eq!(event_name("llm/chunk"), "llm://chunk");
    }

    /// Runs where `NEXUS_LLM_SIDECAR` names the program.
    #[test]
    fn the_methods_are_those_of_the_schema() {
        let Some(program) = std::env::var_os(locate::VARIABLE) else {
            return;
        };
        let output = std::process::Command::new(program)
            .args(["sidecar", "--schema"])
            .output()
            .unwrap();
        let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut names: Vec<_> = schema["methods"].as_object().unwrap().keys().collect();
        let mut methods = [commands::REQUESTS, commands::MANAGEMENT].concat();
        names.sort();
        methods.sort();
        assert_eq!(methods, names);
    }

    fn source(path: &str) -> String {
        std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    /// What stands between two marks in a text, at each place.
    fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
        let parts = text.split(begin).skip(1);
        parts.map(|part| part.split(end).next().unwrap()).collect()
    }

    #[test]
    fn the_client_knows_what_only_the_default_permission_allows() {
        let client = source("guest-js/src/tauri.ts");
        let listed = between(&client, "new Set<Method>([", "])");
        assert_eq!(between(listed[0], "  '", "'"), commands::MANAGEMENT);
    }

    #[test]
    fn the_permissions_part_the_commands_as_the_methods_are_parted() {
        let build = source("build.rs");
        let listed = between(&build, "COMMANDS: &[&str] = &[", "];");
        let all = between(listed[0], "  \"", "\"");
        let permissions = source("permissions/default.toml");
        let sets = between(&permissions, "permissions = [", "]");
        let allowed = |set: &str| -> Vec<String> {
            let names = between(set, "\"allow-", "\"").into_iter();
            names.map(|name| name.replace('-', "_")).collect()
        };
        assert_eq!(allowed(sets[0]), all);
        let manages = |name: &str| name == "call" || commands::MANAGEMENT.contains(&name);
        let rest: Vec<_> = all.into_iter().filter(|name| !manages(name)).collect();
        assert_eq!(allowed(sets[1]), rest);
    }
}
