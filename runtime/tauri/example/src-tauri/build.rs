// SPDX-License-Identifier: BSD-3-Clause
fn main() {
    // The pages become a part of the program.
    println!("cargo:rerun-if-changed=../dist");
    tauri_build::build();
}
