// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/answer.hpp"

#include <algorithm>
#include <chrono>

#include "runtime/cli/answer_view.hpp"
#include "runtime/cli/log/log_entry.hpp"

namespace nexus::llm::cli {

namespace {

/// Adds the request to the log. The answer has been shown by then, whatever becomes of the log.
Answer logged(const Asker& asker, const std::string& prompt, const std::string& model,
              std::chrono::steady_clock::time_point begun, Answer answer) {
  const auto taken = std::chrono::steady_clock::now() - begun;
  LogEntry entry{
      .id = make_log_id(),
      .time = std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now()),
      .role = asker.role,
      .model = model,
      .prompt = prompt,
      .answer = answer.response ? answer.response->response : answer.shown,
      .duration = std::chrono::duration_cast<std::chrono::milliseconds>(taken)};
  if (answer.response) {
    entry.model = answer.response->model;
    entry.prompt_tokens = answer.response->stats.prompt_eval_count;
    entry.tokens = answer.response->stats.eval_count;
  } else {
    entry.error = answer.response.error().code;
    if (const auto& last = answer.response.error().model; !last.empty())
      entry.model = last;
  }
  asker.session.log(std::move(entry), asker.output);
  return answer;
}

/// The last message of the user.
std::string prompt_of(const std::vector<ChatMessage>& messages) {
  const auto last = std::find_if(messages.rbegin(), messages.rend(), [](const auto& message) {
    return message.role == ChatRole::user;
  });
  return last == messages.rend() ? std::string{} : last->content;
}

/// `streamed(on_chunk, on_progress, options)` and `complete(options)` send the request; `prompt` is
/// for the log.
template <class Streamed, class Complete>
Answer ask(const Asker& asker, const std::string& prompt, GenerateOptions options,
           Streamed streamed, Complete complete) {
  const auto begun = std::chrono::steady_clock::now();
  // Generate the id here, so that the request can be cancelled at any time.
  options.id = make_request_id();
  const auto cancelling = asker.session.interrupts().during(
      [&asker, id = options.id] { asker.session.cancel(asker.role, id); });
  // The form of an answer that was asked for is not markdown.
  AnswerView view{asker.output, options.format.is_free_text()};
  Result<LLMResponse> response = failure(ErrorCode::internal_error, "");
  asker.output.status("waiting for the answer ...");
  if (asker.stream) {
    response =
        streamed([&view](const LLMStreamChunk& chunk) { return view.chunk(chunk); },
                 [&view](const RequestProgress& progress) { view.progress(progress); }, options);
  } else {
    response = complete(options);
    if (response && asker.silent)
      asker.output.aside(response->thinking, Style::faint);
    else if (response)
      view.whole(*response);
  }
  view.end_text();
  asker.output.clear_status();
  if (response)
    view.finish(*response);
  return logged(asker, prompt, options.model, begun, {std::move(response), view.text()});
}

} // namespace

Answer ask_prompt(const Asker& asker, const std::string& prompt, GenerateOptions options) {
  auto& llm = asker.session.llm();
  return ask(
      asker, prompt, std::move(options),
      [&](auto on_chunk, auto on_progress, const GenerateOptions& final_options) {
        return llm.generate_streaming(prompt, asker.role, on_chunk, final_options, on_progress);
      },
      [&](const GenerateOptions& final_options) {
        return llm.generate(prompt, asker.role, final_options);
      });
}

Answer ask_chat(const Asker& asker, const std::vector<ChatMessage>& messages,
                GenerateOptions options) {
  auto& llm = asker.session.llm();
  return ask(
      asker, prompt_of(messages), std::move(options),
      [&](auto on_chunk, auto on_progress, const GenerateOptions& final_options) {
        return llm.chat_streaming(messages, asker.role, on_chunk, final_options, on_progress);
      },
      [&](const GenerateOptions& final_options) {
        return llm.chat(messages, asker.role, final_options);
      });
}

} // namespace nexus::llm::cli
