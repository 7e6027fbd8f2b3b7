// SPDX-License-Identifier: BSD-3-Clause
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The environment variable that names the program.
pub const VARIABLE: &str = "NEXUS_LLM_SIDECAR";

/// Returns the program of the sidecar: beside the application, where `externalBin` puts it, else as
/// the environment says, else from the PATH.
pub fn locate() -> PathBuf {
    let application = std::env::current_exe().ok();
    let folder = application.as_deref().and_then(Path::parent);
    choose(folder, std::env::var_os(VARIABLE))
}

fn choose(folder: Option<&Path>, variable: Option<OsString>) -> PathBuf {
    let name = format!("nexus-llm{}", std::env::consts::EXE_SUFFIX);
    folder
        .map(|folder| folder.join(&name))
        .filter(|program| program.is_file())
        .or_else(|| {
            variable
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        })
        .unwrap_or_else(|| name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_the_application_then_the_environment_then_the_path() {
        let name = format!("nexus-llm{}", std::env::consts::EXE_SUFFIX);
        let folder = std::env::temp_dir().join(format!("nexus-llm-locate-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let variable = || Some(OsString::from("/opt/nexus-llm"));
        assert_eq!(choose(Some(&folder), None), PathBuf::from(&name));
        assert_eq!(choose(None, Some("".into())), PathBuf::from(&name));
        assert_eq!(
            choose(Some(&folder), variable()),
            PathBuf::from("/opt/nexus-llm")
        );
        std::fs::write(folder.join(&name), "").unwrap();
        assert_eq!(choose(Some(&folder), variable()), folder.join(&name));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
