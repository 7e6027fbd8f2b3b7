// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/answer.hpp"

#include "runtime/cli/answer_view.hpp"

namespace nexus::llm::cli {

namespace {

/// `streamed(on_chunk, on_progress, options)` and `complete(options)` send the request.
template <class Streamed, class Complete>
Answer ask_and_show(const Asker& asker, GenerateOptions options, Streamed streamed,
                    Complete complete) {
  // Generate the id here, so that the request can be cancelled at any time.
  options.id = make_request_id();
  const auto cancelling = asker.session.interrupts().during(
      [&asker, id = options.id] { asker.session.cancel(asker.role, id); });
  AnswerView view{asker.output};
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
  asker.output.clear_status();
  if (response)
    view.finish(*response);
  return {std::move(response), view.text()};
}

} // namespace

Answer ask_prompt(const Asker& asker, const std::string& prompt, GenerateOptions options) {
  auto& llm = asker.session.llm();
  return ask_and_show(
      asker, std::move(options),
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
  return ask_and_show(
      asker, std::move(options),
      [&](auto on_chunk, auto on_progress, const GenerateOptions& final_options) {
        return llm.chat_streaming(messages, asker.role, on_chunk, final_options, on_progress);
      },
      [&](const GenerateOptions& final_options) {
        return llm.chat(messages, asker.role, final_options);
      });
}

} // namespace nexus::llm::cli
