// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/external_editor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "config/config_file.hpp"
#include "config/file_io.hpp"
#include "config/text_encoding.hpp"
#include "config/utf8.hpp"
#include "runtime/cli/terminal/editor_process.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::size_t largest_edited_text = std::size_t{64} << 20;

tl::unexpected<LLMError> not_edited(const std::string& why) {
  return failure(ErrorCode::invalid_argument, why);
}

/// A file for the text, which others cannot read.
class EditedFile {
public:
  EditedFile() {
    std::error_code error;
    auto directory = std::filesystem::temp_directory_path(error);
    if (error)
      directory = "/tmp";
    name_ = (directory / "nexus-llm-XXXXXX.md").string();
    file_ = FileDescriptor{::mkostemps(name_.data(), 3, O_CLOEXEC)};
  }
  ~EditedFile() {
    if (file_.valid())
      ::unlink(name_.c_str());
  }
  EditedFile(const EditedFile&) = delete;
  EditedFile& operator=(const EditedFile&) = delete;

  [[nodiscard]] const FileDescriptor& file() const noexcept { return file_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
  std::string name_;
  FileDescriptor file_;
};

} // namespace

Result<std::string> edit_elsewhere(const std::string& text, int display) {
  const EditedFile edited;
  if (!edited.file().valid())
    return not_edited(last_error().message());
  if (const auto error = write_all(edited.file(), text.empty() ? text : text + "\n"))
    return not_edited(error.message());
  const auto command = editor_command(process_environment());
  if (auto done = run_editor(command, edited.name(), display); !done)
    return failure(std::move(done.error()));
  std::error_code error;
  const auto content = read_file(edited.name(), largest_edited_text, error);
  if (!content)
    return not_edited(error.message());
  if (const auto fault = text_fault(*content); !fault.empty())
    return not_edited("what `" + command + "` wrote " + fault);
  std::string result{without_byte_order_mark(*content)};
  while (result.ends_with('\n') || result.ends_with('\r'))
    result.pop_back();
  return result;
}

} // namespace nexus::llm::cli
