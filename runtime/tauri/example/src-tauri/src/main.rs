// SPDX-License-Identifier: BSD-3-Clause
// The reference application: `nexus-llm-desktop [FOLDER]`. FOLDER is the project to work on; its
// `.nexus-overseer/config.json` has the settings.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    let mut llm = tauri_plugin_nexus_llm::Builder::new();
    if let Some(folder) = std::env::args_os().nth(1) {
        llm = llm.directory(folder);
    }
    tauri::Builder::default()
        .plugin(llm.build())
        // For pages that call the commands without the prefix of the plugin.
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
        .run(tauri::generate_context!())
        .expect("the application cannot start");
}
