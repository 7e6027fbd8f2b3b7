// SPDX-License-Identifier: BSD-3-Clause
// The reference application: `nexus-llm-desktop [FOLDER]`. FOLDER is the project to work on; its
// `.nexus-overseer/config.json` has the settings.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use tauri::Runtime;

fn main() {
    let mut llm = tauri_plugin_nexus_llm::Builder::new();
    if let Some(folder) = std::env::args_os().nth(1) {
        llm = llm.directory(folder);
    }
    equipped(tauri::Builder::default(), llm)
        .run(context())
        .expect("the application cannot start");
}

fn equipped<R: Runtime>(
    application: tauri::Builder<R>,
    llm: tauri_plugin_nexus_llm::Builder,
) -> tauri::Builder<R> {
    application
        .plugin(llm.build())
        // For pages that call the commands without the prefix of the plugin. `build.rs` lists them,
        // too, so that the capabilities say which windows may.
        .invoke_handler(tauri::generate_handler![
            tauri_plugin_nexus_llm::commands::llm_generate,
            tauri_plugin_nexus_llm::commands::llm_generate_streaming,
            tauri_plugin_nexus_llm::commands::llm_chat,
            tauri_plugin_nexus_llm::commands::llm_chat_streaming,
            tauri_plugin_nexus_llm::commands::llm_list_models,
            tauri_plugin_nexus_llm::commands::llm_check_model,
            tauri_plugin_nexus_llm::commands::llm_get_model_for_role,
            tauri_plugin_nexus_llm::commands::llm_set_model_for_role,
        ])
}

fn context<R: Runtime>() -> tauri::Context<R> {
    tauri::generate_context!()
}

#[cfg(test)]
mod tests {
    use super::*;

    use serde_json::{json, Value};
    use tauri::test::{get_ipc_response, mock_builder, MockRuntime, INVOKE_KEY};
    use tauri::webview::InvokeRequest;
    use tauri::{Manager, WebviewWindow, WebviewWindowBuilder};

    /// Returns how a command ended: a text if Tauri refused it, else the error of the sidecar that is
    /// not there.
    fn outcome(window: &WebviewWindow<MockRuntime>, command: &str, arguments: Value) -> Value {
        let url = if cfg!(windows) {
            "http://tauri.localhost"
        } else {
            "tauri://localhost"
        };
        let request = InvokeRequest {
            cmd: command.into(),
            callback: tauri::ipc::CallbackFn(0),
            error: tauri::ipc::CallbackFn(1),
            url: url.parse().unwrap(),
            body: arguments.into(),
            headers: Default::default(),
            invoke_key: INVOKE_KEY.into(),
        };
        get_ipc_response(window, request).unwrap_err()
    }

    #[test]
    fn a_window_that_may_only_ask_changes_no_model() {
        let llm = tauri_plugin_nexus_llm::Builder::new().program("/nowhere/nexus-llm");
        let application = equipped(mock_builder(), llm).build(context()).unwrap();
        application
            .add_capability(
                json!({
                    "identifier": "asker",
                    "windows": ["asker"],
                    "permissions": ["core:default", "nexus-llm:requests"]
                })
                .to_string(),
            )
            .unwrap();
        let open = |label| {
            WebviewWindowBuilder::new(&application, label, Default::default())
                .build()
                .unwrap()
        };
        let (main, asker) = (open("main"), open("asker"));
        let is_refused = |window, command: &str| {
            let role = json!({"role": "overseer", "modelName": "m"});
            outcome(window, command, role).is_string()
        };
        for prefix in ["", "plugin:nexus-llm|"] {
            let change = format!("{prefix}llm_set_model_for_role");
            assert!(!is_refused(&main, &change), "{change}");
            assert!(is_refused(&asker, &change), "{change}");
        }
        assert!(!is_refused(
            &asker,
            "plugin:nexus-llm|llm_get_model_for_role"
        ));
        // Those of the application are allowed one by one.
        assert!(is_refused(&asker, "llm_get_model_for_role"));
        assert!(!is_refused(&main, "llm_get_model_for_role"));
    }
}
