// SPDX-License-Identifier: BSD-3-Clause
const COMMANDS: &[&str] = &[
    "call",
    "request",
    "connect",
    "disconnect",
    "llm_generate",
    "llm_generate_streaming",
    "llm_chat",
    "llm_chat_streaming",
    "llm_list_models",
    "llm_check_model",
    "llm_get_model_for_role",
    "llm_set_model_for_role",
];

fn main() {
    tauri_plugin::Builder::new(COMMANDS).build();
}
