// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/prompt_source.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "config/file_io.hpp"
#include "config/text_encoding.hpp"
#include "config/utf8.hpp"
#include "runtime/cli/stream_io.hpp"
#include "runtime/cli/terminal_line.hpp"

namespace nexus::llm::cli {

namespace {

/// Limits the memory of this program; the setting `maxPromptBytes` limits the prompt itself.
constexpr std::size_t largest_input = std::size_t{1} << 30;

Result<std::string> unreadable(const std::string& name, const std::string& why) {
  return failure(ErrorCode::invalid_argument, "`" + name + "` cannot be read: " + why);
}

Result<std::string> read_all(int descriptor, const std::string& name) {
  std::string text;
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    const auto count = read_some(descriptor, buffer);
    if (count == 0)
      return text;
    if (count < 0)
      return unreadable(name, std::generic_category().message(errno));
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > largest_input)
      return unreadable(name, "it is too large");
  }
}

/// Converts the bytes of a file to text.
Result<std::string> as_text(Result<std::string> bytes, const std::string& name) {
  if (!bytes)
    return bytes;
  if (const auto fault = text_fault(*bytes); !fault.empty())
    return failure(ErrorCode::invalid_argument, "`" + name + "` " + fault);
  return std::string{without_byte_order_mark(*bytes)};
}

Result<std::string> read_stdin() {
  auto text = as_text(read_all(STDIN_FILENO, "stdin"), "stdin");
  if (!text || ::isatty(STDIN_FILENO) != 1)
    return text;
  for (std::size_t begin = 0; begin < text->size();) {
    const auto end = std::min(text->find('\n', begin), text->size());
    if (is_cut_by_terminal(std::string_view{*text}.substr(begin, end - begin)))
      return failure(ErrorCode::invalid_prompt, cut_line_fault());
    begin = end + 1;
  }
  return text;
}

using Words = std::vector<std::string>;

std::string join(Words::const_iterator begin, Words::const_iterator end) {
  std::string text;
  for (auto word = begin; word != end; ++word)
    text += (word == begin ? "" : " ") + *word;
  return text;
}

/// Appends a part after a blank line, without its trailing line ends.
void append_part(std::string& prompt, std::string part) {
  while (part.ends_with('\n') || part.ends_with('\r'))
    part.pop_back();
  if (part.empty())
    return;
  if (!prompt.empty())
    prompt += "\n\n";
  prompt += part;
}

} // namespace

Result<std::string> read_text_file(const std::string& path) {
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.valid())
    return unreadable(path, std::generic_category().message(errno));
  return as_text(read_all(file.get(), path), path);
}

Result<std::string> read_prompt(const PromptArguments& arguments) {
  const auto& words = arguments.words;
  const bool nothing_given = words.empty() && arguments.files.empty();
  if (nothing_given && ::isatty(STDIN_FILENO) == 1)
    return failure(ErrorCode::invalid_prompt,
                   "none is given; write it behind the command, name a file with -f, or pipe it "
                   "in");
  const auto dash = std::find(words.begin(), words.end(), "-");
  const auto behind = dash == words.end() ? dash : dash + 1;
  const bool stdin_wanted = nothing_given || dash != words.end();
  const bool stdin_last = stdin_wanted && behind == words.end();

  if (const auto fault = text_fault(join(words.begin(), words.end())); !fault.empty())
    return failure(ErrorCode::invalid_prompt, "it " + fault);
  std::string prompt;
  append_part(prompt, join(words.begin(), dash));
  if (stdin_wanted && !stdin_last) {
    auto text = read_stdin();
    if (!text)
      return text;
    append_part(prompt, std::move(*text));
    append_part(prompt, join(behind, words.end()));
  }
  for (const auto& name : arguments.files) {
    auto text = name == "-" ? read_stdin() : read_text_file(name);
    if (!text)
      return text;
    append_part(prompt, std::move(*text));
  }
  if (stdin_last) {
    auto text = read_stdin();
    if (!text)
      return text;
    append_part(prompt, std::move(*text));
  }
  return prompt;
}

} // namespace nexus::llm::cli
