// SPDX-License-Identifier: BSD-3-Clause
use tauri_build::{AppManifest, Attributes};

/// The commands in `generate_handler!`. Without a list, every window may call them.
const COMMANDS: &[&str] = &[
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
    // The pages become a part of the program.
    println!("cargo:rerun-if-changed=../dist");
    let attributes = Attributes::new().app_manifest(AppManifest::new().commands(COMMANDS));
    tauri_build::try_build(attributes).expect("the application cannot be built");
}
