// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/request_validation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "config/json.hpp"
#include "config/model_name.hpp"
#include "config/ollama_options.hpp"
#include "config/utf8.hpp"

namespace nexus::llm {

namespace {

constexpr std::size_t max_stop_texts = 64;
constexpr std::size_t max_id_bytes = 128;
constexpr double max_temperature = 2.0;
constexpr std::uint32_t max_top_logprobs = 20;

/// What is wrong with a text, or nothing.
std::string_view text_fault(std::string_view text, bool nul_allowed) {
  if (!nul_allowed && text.find('\0') != std::string_view::npos)
    return "holds a NUL byte";
  if (!is_valid_utf8(text))
    return "is not valid UTF-8";
  return {};
}

/// Whether the alphabet and the padding are valid; line breaks are allowed, as in Ollama.
bool is_base64(std::string_view text) {
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r')
      continue;
    if (c == '=') {
      ++padding;
    } else if (padding > 0 ||
               !(std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/')) {
      return false;
    } else {
      ++digits;
    }
  }
  return digits > 0 && padding <= 2 && (digits + padding) % 4 == 0;
}

bool is_digest(std::string_view text) {
  constexpr std::string_view prefix = "sha256:";
  return text.starts_with(prefix) && text.size() == prefix.size() + 64 &&
         text.find_first_not_of("0123456789abcdef", prefix.size()) == std::string_view::npos;
}

bool is_json_object(std::string_view text) {
  const auto value = json::parse(text);
  return value && value->IsObject();
}

/// Keeps the first fault that is found. A fault is a text or a function that makes one: every
/// request is checked, and few are at fault.
class Check {
public:
  template <class Fault> void require(bool fine, ErrorCode code, const Fault& fault) {
    if (fine || error_)
      return;
    if constexpr (std::is_invocable_v<Fault>)
      error_ = LLMError{.code = code, .subject = fault()};
    else
      error_ = LLMError{.code = code, .subject = fault};
  }
  void text(std::string_view value, ErrorCode code, std::string_view field,
            bool nul_allowed = false) {
    const auto fault = text_fault(value, nul_allowed);
    require(fault.empty(), code,
            [=] { return "`" + std::string{field} + "` " + std::string{fault}; });
  }
  template <class Fault> void option(bool fine, const Fault& fault) {
    require(fine, ErrorCode::invalid_option, fault);
  }
  [[nodiscard]] Result<void> result() {
    if (error_)
      return failure(std::move(*error_));
    return {};
  }

private:
  std::optional<LLMError> error_;
};

void check_model(Check& check, std::string_view name) {
  check.require(is_valid_model_name(name), ErrorCode::invalid_model_name, [name] {
    if (name.empty())
      return std::string{"An empty text"};
    return "`" +
           std::string{!is_clean_text(name) ? "(not a text)"
                       : name.size() > 400  ? "(a long text)"
                                            : name} +
           "`";
  });
}

void check_duration(Check& check, const std::optional<std::chrono::milliseconds>& value,
                    std::string_view field) {
  check.option(!value || value->count() > 0,
               [field] { return "`" + std::string{field} + "` must be positive"; });
}

void check_images(Check& check, const std::vector<std::string>& images, ErrorCode code) {
  for (const auto& image : images)
    check.require(is_base64(image), code,
                  "`images` must hold base64 text with its padding and without a `data:` prefix");
}

void check_raw_options(Check& check, const std::string& options) {
  if (options.empty())
    return;
  const auto raw = json::parse(options);
  const bool object = raw && raw->IsObject();
  check.option(object, "`rawOptions` must be a JSON object");
  if (object) {
    const auto fault = check_options(*raw);
    check.option(fault.empty(), [&fault] { return "`rawOptions`: " + fault; });
  }
}

void check_temperature(Check& check, std::optional<double> temperature) {
  check.option(!temperature || (std::isfinite(*temperature) && *temperature >= 0 &&
                                *temperature <= max_temperature),
               "`temperature` must be a number from 0 to 2");
}

void check_generate_options(Check& check, const GenerateOptions& options) {
  check_temperature(check, options.temperature);
  check.option(!options.max_tokens || *options.max_tokens >= 1 || *options.max_tokens == -1 ||
                   *options.max_tokens == -2,
               "`maxTokens` must be at least 1, or -1 (no limit) or -2 (fill the context)");
  check.option(!options.top_logprobs || *options.top_logprobs <= max_top_logprobs,
               "`topLogprobs` must be a number from 0 to 20");
  check.option(!options.top_logprobs || *options.top_logprobs == 0 || options.logprobs,
               "`topLogprobs` needs `logprobs`");
  check.option(!options.num_ctx || (*options.num_ctx >= 4 && *options.num_ctx <= (1u << 24)),
               "`numCtx` must be a number from 4 to 16777216");
  check.option(options.stop.size() <= max_stop_texts, [] {
    return "`stop` may hold at most " + std::to_string(max_stop_texts) + " texts";
  });
  for (const auto& stop : options.stop) {
    check.option(!stop.empty(), "`stop` holds an empty text");
    check.text(stop, ErrorCode::invalid_option, "stop");
  }
  if (options.system)
    check.text(*options.system, ErrorCode::invalid_option, "system");
  if (options.context)
    check.text(*options.context, ErrorCode::invalid_option, "context");
  check.text(options.suffix, ErrorCode::invalid_option, "suffix");
  check.option(!options.format.is_schema() || is_json_object(options.format.value),
               "`format` must be `json` or a JSON schema object");
  check.option(!options.keep_alive.is_set() || is_valid_keep_alive(options.keep_alive.value),
               "`keepAlive` must be a duration such as `5m` or a number of seconds");
  check_images(check, options.images, ErrorCode::invalid_option);
  for (const auto& tool : options.tools) {
    check.option(!tool.name.empty(), "`tools` holds a tool without a name");
    check.text(tool.name, ErrorCode::invalid_option, "tools");
    check.text(tool.description, ErrorCode::invalid_option, "tools");
    check.option(tool.parameters.empty() || is_json_object(tool.parameters),
                 "`tools`: the parameters of a tool must be a JSON schema object");
  }
  check_raw_options(check, options.raw_options);
  check.option(!options.raw ||
                   ((!options.system || options.system->empty()) && options.continuation.empty()),
               "`raw` cannot be combined with `system` or `continuation`");
  check_duration(check, options.timeout, "timeout");
  check_duration(check, options.connect_timeout, "connectTimeout");
  check_duration(check, options.gap_timeout, "gapTimeout");
  check_duration(check, options.total_timeout, "totalTimeout");
}

std::string size_fault(std::uint64_t bytes, const Limits& limits) {
  return "it has " + std::to_string(bytes) + " bytes, more than the " +
         std::to_string(limits.max_prompt_bytes) + " of `limits.maxPromptBytes`";
}

/// The maximum size of a message apart from the texts that count.
constexpr std::uint64_t message_overhead = 256u << 10;

Result<void> check_bytes(std::uint64_t bytes, ErrorCode code, const Limits& limits) {
  if (bytes > limits.max_prompt_bytes)
    return failure(code, size_fault(bytes, limits));
  if (bytes + message_overhead > limits.max_message_bytes)
    return failure(code, "it has " + std::to_string(bytes) + " bytes, too many for the " +
                             std::to_string(limits.max_message_bytes) +
                             " of `limits.maxMessageBytes`");
  return {};
}

ErrorCode content_code(const LLMRequest& request) {
  return request.kind == RequestKind::generate ? ErrorCode::invalid_prompt
                                               : ErrorCode::invalid_messages;
}

std::uint64_t payload_bytes(const EmbedRequest& request) {
  std::uint64_t bytes = 0;
  for (const auto& text : request.input)
    bytes += text.size();
  return bytes;
}

std::uint64_t payload_bytes(const LLMRequest& request) {
  std::uint64_t bytes = request.prompt.size() + request.suffix.size() +
                        (request.context ? request.context->size() : 0) +
                        (request.system ? request.system->size() : 0);
  for (const auto& image : request.images)
    bytes += image.size();
  for (const auto& message : request.messages) {
    bytes += message.content.size() + message.thinking.size();
    for (const auto& image : message.images)
      bytes += image.size();
    for (const auto& call : message.tool_calls)
      bytes += call.id.size() + call.name.size() + call.arguments.size();
  }
  for (const auto& tool : request.tools)
    bytes += tool.name.size() + tool.description.size() + tool.parameters.size();
  return bytes;
}

void check_messages(Check& check, const LLMRequest& request) {
  constexpr auto code = ErrorCode::invalid_messages;
  check.require(!request.messages.empty(), code, "`messages` is empty");
  for (const auto& message : request.messages) {
    // Output of a model may be sent back unchanged, whatever it contains.
    const bool from_model = message.role == ChatRole::assistant;
    check.text(message.content, code, "content", from_model);
    check.text(message.thinking, code, "thinking", from_model);
    check.text(message.tool_name, code, "toolName");
    check.text(message.tool_call_id, code, "toolCallId");
    check_images(check, message.images, code);
    for (const auto& call : message.tool_calls) {
      check.text(call.name, code, "toolCalls", from_model);
      check.require(from_model || !call.name.empty(), code,
                    "`toolCalls` holds a call without a name");
      check.text(call.id, code, "toolCalls", from_model);
      check.require(is_json_object(call.arguments), code,
                    "`toolCalls`: the arguments of a call must be a JSON object");
    }
  }
}

} // namespace

Result<void> validate_model_name(std::string_view name) {
  Check check;
  check_model(check, name);
  return check.result();
}

Result<void> check_sendable(const LLMRequest& request, const Limits& limits) {
  Check check;
  check_temperature(check, request.temperature);
  if (auto wrong = check.result(); !wrong)
    return wrong;
  return check_bytes(payload_bytes(request), content_code(request), limits);
}

Result<void> check_sendable(const EmbedRequest& request, const Limits& limits) {
  return check_bytes(payload_bytes(request), ErrorCode::invalid_prompt, limits);
}

Result<void> check_id(const RequestId& id) {
  const bool one_line = std::ranges::none_of(id.value, [](char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return value < 0x20 || value == 0x7F;
  });
  if (id.value.size() <= max_id_bytes && one_line && is_clean_text(id.value))
    return {};
  return failure(ErrorCode::invalid_argument, "`id` must be a text of at most " +
                                                  std::to_string(max_id_bytes) +
                                                  " bytes without control characters");
}

Result<void> validate(const LLMRequest& request, const Limits& limits) {
  Check check;
  const bool generate = request.kind == RequestKind::generate;
  const auto code = content_code(request);
  check_model(check, request.model);
  const auto bytes = payload_bytes(request);
  check.require(bytes <= limits.max_prompt_bytes, code, [&] { return size_fault(bytes, limits); });
  if (generate) {
    check.require(!request.prompt.empty(), code, "`prompt` is empty");
    check.text(request.prompt, code, "prompt");
    check.option(request.tools.empty(), "`tools` are for conversations only");
  } else {
    check_messages(check, request);
    check.option(request.continuation.empty() && request.suffix.empty() && !request.raw &&
                     request.images.empty(),
                 "`continuation`, `suffix`, `raw` and `images` are not for conversations; images "
                 "belong to a message");
  }
  check_generate_options(check, request);
  return check.result();
}

Result<void> validate(const EmbedRequest& request, const Limits& limits) {
  Check check;
  check_model(check, request.model);
  constexpr auto code = ErrorCode::invalid_prompt;
  check.require(!request.input.empty(), code, "`input` is empty");
  check.require(request.input.size() <= limits.max_batch, code, [&] {
    return "`input` holds more than " + std::to_string(limits.max_batch) + " texts";
  });
  for (const auto& text : request.input) {
    check.require(!text.empty(), code, "`input` holds an empty text");
    check.text(text, code, "input");
  }
  const auto bytes = payload_bytes(request);
  check.require(bytes <= limits.max_prompt_bytes, code, [&] { return size_fault(bytes, limits); });
  check.option(!request.dimensions || *request.dimensions >= 1, "`dimensions` must be at least 1");
  check_raw_options(check, request.raw_options);
  check.option(!request.keep_alive.is_set() || is_valid_keep_alive(request.keep_alive.value),
               "`keepAlive` must be a duration such as `5m` or a number of seconds");
  check_duration(check, request.timeout, "timeout");
  return check.result();
}

Result<void> validate(const CreateRequest& request, const Limits& limits) {
  Check check;
  check_model(check, request.model);
  if (!request.from.empty())
    check_model(check, request.from);
  constexpr auto code = ErrorCode::invalid_argument;
  check.require(request.from.empty() != request.files.empty(), code,
                "either `from` or `files` says what the model is made of");
  for (const auto* list : {&request.files, &request.adapters})
    for (const auto& file : *list)
      check.require(is_clean_text(file.name) && !file.name.empty() && is_digest(file.digest), code,
                    "`files` and `adapters` need a name and a digest such as `sha256:...`");
  check.text(request.prompt_template, code, "template");
  check.text(request.system, code, "system");
  for (const auto& text : request.license)
    check.text(text, code, "license");
  check.text(request.quantize, code, "quantize");
  check.require(request.parameters.empty() || is_json_object(request.parameters), code,
                "`parameters` must be a JSON object");
  check.require(request.prompt_template.size() + request.system.size() <= limits.max_prompt_bytes,
                code, "`template` and `system` are larger than `limits.maxPromptBytes`");
  return check.result();
}

} // namespace nexus::llm
