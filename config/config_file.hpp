#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/file_replacement.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// Reads a variable of the environment; nothing where it is unset or empty.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The environment of this process.
[[nodiscard]] Environment process_environment();

/// Where the configuration file is looked for, and why there.
struct ConfigLocation {
  enum class Reason {
    given,       ///< an explicit path
    environment, ///< NEXUS_OVERSEER_CONFIG
    project,     ///< ./.nexus-overseer/config.json
    user,        ///< $XDG_CONFIG_HOME/nexus-overseer/config.json (~/.config where it is unset,
                 ///< empty or relative)
  };
  std::filesystem::path path;
  Reason reason = Reason::user;
  bool exists = false;
};

[[nodiscard]] std::string_view to_string(ConfigLocation::Reason reason) noexcept;

/// The path with the home directory in place of a leading `~`, which a shell leaves where it does
/// not stand at the beginning of a word.
[[nodiscard]] std::filesystem::path expand_home(const std::filesystem::path& path,
                                                const Environment& environment);

/// Finds the file: explicit path, environment, project directory, then the user's directory. The
/// first that is named or exists wins; where none is, the place for a new one is returned.
[[nodiscard]] ConfigLocation find_config(const std::optional<std::filesystem::path>& given,
                                         const Environment& environment,
                                         const std::filesystem::path& working_directory);

/// Reads the `llm` section of a file over the defaults. The file may be a pipe, such as a process
/// substitution, which is read once: what it gave is kept.
/// Errors: `config_unreadable` with the reason; `config_malformed` with path and line, or with the
/// encoding of a file that is not UTF-8; `config_value_invalid` with path, line, key.
[[nodiscard]] Result<LLMClientConfig> load_config(const std::filesystem::path& path);

/// Whether the file sets the key of this path itself (`config show --origin`).
[[nodiscard]] bool file_sets(const std::filesystem::path& path, std::string_view key_path);

/// What stands in the `llm` section of a file and is no setting; empty where it cannot be read.
[[nodiscard]] std::vector<std::string> unknown_settings(const std::filesystem::path& path);

/// Writes the settings that differ from what the file says. Everything else stays as it is, byte
/// for byte: other sections, keys of the section that we do not know, settings that do not change,
/// a byte order mark; what is new follows the layout around it. What belongs to the file stays,
/// too, and it is replaced at once where that can be (see `replace_file`). Two processes that save
/// at the same time both succeed. A file that is broken or invalid is never overwritten. `warn` is
/// told what saving had to do without.
/// Errors: those of `load_config`, and `config_write_failed` with the reason.
[[nodiscard]] Result<void> save_config(const std::filesystem::path& path,
                                       const LLMClientConfig& config, const SaveWarning& warn = {});

/// Applies a JSON merge patch (RFC 7386) to the `llm` section and returns the new settings; `null`
/// brings a default back. Saved as by `save_config`.
/// Errors: those of `save_config`; `invalid_argument` for a patch that is no object or names
/// something that is no setting.
[[nodiscard]] Result<LLMClientConfig> update_config(const std::filesystem::path& path,
                                                    std::string_view merge_patch,
                                                    const SaveWarning& warn = {});

} // namespace nexus::llm
