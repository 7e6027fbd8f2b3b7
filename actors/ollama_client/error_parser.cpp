// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/error_parser.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "config/utf8.hpp"

namespace nexus::llm::error_parser {

namespace {

using json::Value;

constexpr std::size_t excerpt_bytes = 300;
constexpr std::size_t max_reason_bytes = 500;
/// The errors of llama.cpp are JSON within the text of Ollama's; deeper nesting has not been seen.
constexpr int max_wrappings = 3;

struct Hint {
  std::string_view text;
  ErrorCode code;
};

/// The first matching hint wins. Case-insensitive.
constexpr std::array hints{
    Hint{"raw mode does not support", ErrorCode::bad_request},
    Hint{"does not support", ErrorCode::model_capability_missing},
    Hint{"context length", ErrorCode::context_exceeded},
    Hint{"context size", ErrorCode::context_exceeded},
    Hint{"context window", ErrorCode::context_exceeded},
    Hint{"prompt is too long", ErrorCode::context_exceeded},
    Hint{"prompt too long", ErrorCode::context_exceeded},
    Hint{"no space left on device", ErrorCode::disk_full},
    Hint{"disk quota exceeded", ErrorCode::disk_full},
    Hint{"requires more system memory", ErrorCode::out_of_memory},
    Hint{"out of memory", ErrorCode::out_of_memory},
    Hint{"out-of-memory", ErrorCode::out_of_memory},
    Hint{"cudamalloc failed", ErrorCode::out_of_memory},
    Hint{"failed to allocate", ErrorCode::out_of_memory},
    Hint{"unable to allocate", ErrorCode::out_of_memory},
    Hint{"insufficient memory", ErrorCode::out_of_memory},
    Hint{"not enough memory", ErrorCode::out_of_memory},
    Hint{"process has terminated", ErrorCode::model_load_failed},
    Hint{"unable to load model", ErrorCode::model_load_failed},
    Hint{"timed out waiting for llama", ErrorCode::model_load_failed},
    Hint{"runner has unexpectedly stopped", ErrorCode::model_failed},
    Hint{"error was encountered while running the model", ErrorCode::model_failed},
    Hint{"maximum pending requests exceeded", ErrorCode::server_busy},
};

constexpr std::array transfer_hints{
    Hint{"file does not exist", ErrorCode::model_not_in_registry},
    Hint{"manifest unknown", ErrorCode::model_not_in_registry},
    Hint{"no space left on device", ErrorCode::disk_full},
    Hint{"disk quota exceeded", ErrorCode::disk_full},
    Hint{"invalid model name", ErrorCode::invalid_model_name},
};

/// What servers reply to plain HTTP on a TLS port.
constexpr std::array tls_port_texts{
    std::string_view{"http request to an https server"},
    std::string_view{"plain http request was sent to https port"},
    std::string_view{"speaking plain http to an ssl-enabled server port"},
};

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

const Hint* find_hint(std::span<const Hint> known, std::string_view text) {
  const auto words = lower(text);
  const auto hint = std::ranges::find_if(
      known, [&words](const Hint& each) { return words.find(each.text) != std::string::npos; });
  return hint == known.end() ? nullptr : &*hint;
}

/// The text of an error that may be JSON with the text in a member.
std::string unwrapped(std::string_view text) {
  std::string words{text};
  for (int i = 0; i < max_wrappings && words.starts_with('{'); ++i) {
    const auto document = json::parse(words);
    if (!document)
      break;
    const Value* inner = json::find(*document, "error");
    if (inner == nullptr)
      inner = json::find(*document, "message");
    if (inner != nullptr && inner->IsObject())
      if (const auto* message = json::find(*inner, "message"))
        inner = message;
    if (inner == nullptr || !inner->IsString())
      break;
    words = json::text_of(*inner);
  }
  return words;
}

/// The title of an HTML page.
std::string_view title_of(std::string_view page) {
  const auto words = lower(page);
  const auto begin = words.find("<title>");
  // Without a beginning there is no end.
  const auto end = words.find("</title>", begin);
  if (end == std::string::npos)
    return {};
  constexpr std::size_t tag = std::string_view{"<title>"}.size();
  return page.substr(begin + tag, end - begin - tag);
}

bool is_page(std::string_view body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '<';
}

bool speaks_tls(std::string_view body) {
  const auto words = lower(body.substr(0, 4096));
  return std::ranges::any_of(tls_port_texts, [&words](std::string_view text) {
    return words.find(text) != std::string::npos;
  });
}

/// The code for a status whose body is not Ollama's.
ErrorCode code_of_foreign(int status, std::string_view body) {
  switch (status) {
  case 400:
    return speaks_tls(body) ? ErrorCode::tls_required : ErrorCode::bad_request;
  case 401:
  case 407:
    return ErrorCode::credentials_required;
  case 403:
    return ErrorCode::forbidden;
  case 413:
  case 414:
  case 431:
    return ErrorCode::request_too_large;
  case 429:
    return ErrorCode::rate_limited;
  case 503:
    return is_page(body) ? ErrorCode::proxy_failed : ErrorCode::server_busy;
  case 502:
  case 504:
    return ErrorCode::proxy_failed;
  default:
    if (status / 100 == 3)
      return ErrorCode::redirected;
    if (status >= 500)
      return is_page(body) && status != 500 ? ErrorCode::proxy_failed : ErrorCode::server_error;
    return ErrorCode::unexpected_status;
  }
}

/// The code for a status that came with an `error` in Ollama's form, before its text is considered.
ErrorCode code_of_reported(int status, bool about_model) {
  switch (status) {
  case 400:
  case 403:
    return ErrorCode::bad_request;
  case 401:
    return about_model ? ErrorCode::sign_in_required : ErrorCode::credentials_required;
  case 404:
    return about_model ? ErrorCode::model_not_found : ErrorCode::unexpected_status;
  case 502:
  case 504:
    return ErrorCode::server_error;
  default:
    return code_of_foreign(status, {});
  }
}

bool is_about_server(ErrorCode code) {
  constexpr std::array codes{
      ErrorCode::forbidden,    ErrorCode::server_busy,       ErrorCode::unexpected_status,
      ErrorCode::proxy_failed, ErrorCode::request_too_large, ErrorCode::credentials_required,
      ErrorCode::tls_required,
  };
  return std::ranges::find(codes, code) != codes.end();
}

} // namespace

std::string excerpt(std::string_view text) {
  if (text.size() <= excerpt_bytes)
    return std::string{text};
  return std::string{text.substr(0, excerpt_bytes)} + "...";
}

std::string one_line(std::string_view text) {
  // The factor allows for dropped blanks; the rest of a huge text is ignored.
  const auto valid = to_valid_utf8(text.substr(0, 8 * max_reason_bytes));
  std::string line;
  for (std::size_t at = 0; at < valid.size(); ++at) {
    const auto byte = static_cast<unsigned char>(valid[at]);
    // C1 control characters are two bytes, the first of which is 0xC2.
    const bool c1 =
        byte == 0xC2 && at + 1 < valid.size() && static_cast<unsigned char>(valid[at + 1]) < 0xA0;
    if (c1)
      ++at;
    const bool blank = byte <= ' ' || byte == 0x7F || c1;
    if (!blank)
      line += valid[at];
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  if (line.size() > max_reason_bytes) {
    auto end = max_reason_bytes;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80)
      --end;
    line.resize(end);
    line += "...";
  }
  while (line.ends_with(' '))
    line.pop_back();
  return line;
}

std::optional<std::string> find_error(const Value& object) {
  const auto* error = json::find(object, "error");
  if (error == nullptr || error->IsNull() || error->IsFalse())
    return std::nullopt;
  if (error->IsString())
    return error->GetStringLength() == 0 ? std::nullopt
                                         : std::optional{std::string{json::text_of(*error)}};
  return json::to_text(*error);
}

void take_reason(LLMError& error, std::string_view text) {
  const auto words = unwrapped(text);
  if (const auto* hint = find_hint(hints, words))
    error.code = hint->code;
  error.reason = words == "{}" ? "" : one_line(words);
}

void take_transfer_reason(LLMError& error, std::string_view text) {
  const auto words = unwrapped(text);
  const auto* hint = find_hint(transfer_hints, words);
  if (hint != nullptr)
    error.code = hint->code;
  error.reason = one_line(words);
}

LLMError parse_error(const FailedAnswer& answer, std::string_view model,
                     std::string_view base_url) {
  LLMError error;
  error.http_status = static_cast<std::uint16_t>(answer.status);
  error.detail = excerpt(answer.body);
  const auto document = json::parse(without_byte_order_mark(answer.body));
  const auto text = document ? find_error(*document) : std::nullopt;
  if (text) {
    error.code = code_of_reported(answer.status, !model.empty());
    const auto by_status = error.code;
    take_reason(error, *text);
    // For these, the status is decisive, even if the text resembles another failure.
    if (answer.status != 400 && answer.status < 500)
      error.code = by_status;
    // The error text says it already.
    if (error.code == ErrorCode::model_not_found)
      error.reason.clear();
    if (error.code == ErrorCode::sign_in_required)
      if (const auto url = json::find_text(*document, "signin_url"))
        error.reason = one_line(error.reason + "; " + std::string{*url});
  } else {
    error.code = code_of_foreign(answer.status, answer.body);
    if (is_page(answer.body))
      error.reason = one_line(title_of(answer.body));
    else if (error.code != ErrorCode::unexpected_status && error.code != ErrorCode::redirected)
      error.reason = one_line(answer.body);
  }
  if (error.code == ErrorCode::redirected)
    error.subject = std::string{base_url} + " to " +
                    (answer.location.empty() ? "nowhere" : one_line(answer.location));
  else
    error.subject = std::string{is_about_server(error.code) || model.empty() ? base_url : model};
  return error;
}

} // namespace nexus::llm::error_parser
