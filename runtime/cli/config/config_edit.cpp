// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/config/config_edit.hpp"

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "config/config_file.hpp"
#include "config/file_io.hpp"
#include "runtime/cli/config/config_doubts.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/terminal/answer_to_question.hpp"
#include "runtime/cli/terminal/editor_process.hpp"

namespace nexus::llm::cli {

namespace {

namespace fs = std::filesystem;

/// What a new file begins with.
constexpr std::string_view empty_file = "{\n  \"llm\": {\n  }\n}\n";

/// A copy of the file in a directory that only the user can read. Deleted in the destructor unless
/// it is kept.
class Copy {
public:
  /// The name of the directory keeps copies apart; that of the file tells editors the format.
  static Result<Copy> of(std::string_view content) {
    std::error_code error;
    auto pattern = (fs::temp_directory_path(error) / "nexus-llm-XXXXXX").string();
    if (error || ::mkdtemp(pattern.data()) == nullptr)
      return failure(ErrorCode::config_write_failed,
                     "a copy to edit (" + (error ? error : last_error()).message() + ")");
    Copy copy{pattern};
    if (const auto failed = replace_file(copy.file(), content))
      return failure(ErrorCode::config_write_failed,
                     copy.file().string() + " (" + failed.message() + ")");
    return copy;
  }
  Copy(Copy&& other) noexcept : directory_{std::move(other.directory_)} {
    other.directory_.clear();
  }
  Copy& operator=(Copy&&) = delete;
  ~Copy() {
    std::error_code ignored;
    if (!directory_.empty())
      fs::remove_all(directory_, ignored);
  }

  [[nodiscard]] fs::path file() const { return directory_ / "config.json"; }
  /// Keeps the file, which then belongs to the user.
  void keep() { directory_.clear(); }

private:
  explicit Copy(fs::path directory) : directory_{std::move(directory)} {}

  fs::path directory_;
};

/// Anything but a word with n, and the end of input, is a yes and a no.
bool wants_to_edit_again(Output& output) {
  if (!can_ask())
    return false;
  const auto answer = answer_to(output, "Edit it again? [Y/n]");
  return answer && !answer->starts_with('n') && !answer->starts_with('N');
}

/// Saves what the user wrote. Nothing is saved if it says the same.
Result<void> save_edited(Output& output, const fs::path& path, std::string_view before,
                         const std::string& content) {
  return replace_config(path, before, content,
                        [&output](const auto& sentence) { output.warning(sentence); });
}

int tell_success(Output& output, const fs::path& path, bool changed) {
  if (output.json()) {
    output.object(ConfigEdited{path.string(), changed});
  } else {
    output.message(path.string() + (changed ? " is saved; what is running with it takes it over"
                                            : " is unchanged"));
  }
  return output.success();
}

} // namespace

int run_config_edit(const CommonOptions& common) {
  Output output{common};
  if (!common.nodes.empty())
    return output.fail({.code = ErrorCode::invalid_argument,
                        .subject = "`config edit` is about the files of this machine, and goes "
                                   "without --connect"});
  const auto path = config_location(common).path;
  const auto before = read_to_edit(path);
  if (!before)
    return output.fail(before.error());
  const auto begun = before->empty() ? std::string{empty_file} : *before;
  auto copy = Copy::of(begun);
  if (!copy)
    return output.fail(copy.error());
  const auto editor = editor_command(process_environment());
  for (;;) {
    if (const auto edited = run_editor(editor, copy->file()); !edited)
      return output.fail(edited.error());
    std::error_code error;
    const auto content = read_file(copy->file(), largest_config_file, error);
    if (!content)
      return output.fail(
          {.code = ErrorCode::config_write_failed,
           .subject = path.string() + " (the edited copy: " + error.message() + ")"});
    if (*content == begun)
      return tell_success(output, path, false);
    const auto saved = save_edited(output, path, *before, *content);
    if (saved) {
      tell_doubts(output, doubts_about(path));
      return tell_success(output, path, true);
    }
    const auto code = output.fail(saved.error());
    if (wants_to_edit_again(output))
      continue;
    output.message(path.string() + " is unchanged. What you wrote is in " + copy->file().string() +
                   ".");
    copy->keep();
    return code;
  }
}

} // namespace nexus::llm::cli
