// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/embed/embed_command.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <utility>

#include "actors/role/model_settings.hpp"
#include "runtime/cli/embed/embed_input.hpp"
#include "runtime/cli/embed/embedded_text.hpp"
#include "runtime/cli/request_flags.hpp"
#include "runtime/cli/session.hpp"

namespace nexus::llm::cli {

namespace {

/// Appends a number in little-endian order.
void append_bytes(std::string& bytes, float number) {
  auto bits = std::bit_cast<std::uint32_t>(number);
  for (std::size_t i = 0; i < sizeof bits; ++i, bits >>= 8U)
    bytes += static_cast<char>(bits & 0xFFU);
}

/// A JSON list, with the shortest texts that give the same numbers again.
std::string list_of(const std::vector<float>& numbers) {
  std::string text = "[";
  std::array<char, 32> buffer{};
  for (const auto number : numbers) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
    text += text.size() > 1 ? "," : "";
    text.append(buffer.data(), end);
  }
  return text + "]";
}

Result<EmbedRequest> request_template(const CommonOptions& common,
                                      const EmbedArguments& arguments) {
  if (auto fine = check_keep_alive(common); !fine)
    return failure(std::move(fine.error()));
  auto options = ollama_options(common);
  if (!options)
    return failure(std::move(options.error()));
  EmbedRequest request{.model = common.model,
                       .dimensions = arguments.dimensions,
                       .raw_options = std::move(*options),
                       .keep_alive = {common.keep_alive},
                       .timeout = timeout_of(common)};
  if (common.num_ctx)
    request.raw_options = merged_options(request.raw_options,
                                         R"({"num_ctx":)" + std::to_string(*common.num_ctx) + "}");
  if (common.no_truncate)
    request.truncate = false;
  return request;
}

/// Embeds texts, several with each request.
class Embedder {
public:
  Embedder(const CommonOptions& common, const EmbedArguments& arguments, EmbedInput input,
           EmbedRequest request, Session& session, Output& output)
      : role_{common.role}, binary_{arguments.binary}, input_{std::move(input)},
        request_{std::move(request)}, session_{session}, output_{output} {}

  int run() {
    if (const auto config = session_.llm().load_config()) {
      most_texts_ = std::min<std::size_t>(most_texts_, config->limits.max_batch);
      most_bytes_ = std::min<std::size_t>(most_bytes_, config->limits.max_prompt_bytes);
    }
    for (bool more = true; more && !output_.write_failed();) {
      std::vector<EmbedText> texts;
      const auto filled = fill(texts);
      // What came before a bad text is still embedded.
      if (!texts.empty())
        if (const auto done = embed(texts); !done)
          return session_.fail(output_, done.error());
      if (!filled)
        return session_.fail(output_, filled.error());
      more = *filled;
    }
    return output_.success();
  }

private:
  /// Adds the texts of the next request. Returns false at the end of the input.
  Result<bool> fill(std::vector<EmbedText>& texts) {
    for (std::size_t bytes = 0; texts.size() < most_texts_;) {
      auto text = std::exchange(left_, std::nullopt);
      if (!text) {
        auto read = input_.next();
        if (!read)
          return failure(std::move(read.error()));
        text = std::move(*read);
      }
      if (!text)
        return false;
      bytes += text->text.size();
      if (!texts.empty() && bytes > most_bytes_) {
        left_ = std::move(text);
        return true;
      }
      texts.push_back(std::move(*text));
    }
    return true;
  }

  Result<void> embed(std::vector<EmbedText>& texts) {
    request_.id = make_request_id();
    request_.input.clear();
    for (auto& text : texts)
      request_.input.push_back(std::move(text.text));
    output_.status("embedding text " + std::to_string(count_ + 1) + " ...");
    const auto cancelling =
        session_.interrupts().during([this, id = request_.id] { session_.cancel(role_, id); });
    const auto response = session_.llm().embed(request_, role_);
    output_.clear_status();
    if (!response)
      return failure(response.error());
    if (response->embeddings.size() != texts.size())
      return failure(ErrorCode::bad_response, response->model);
    for (std::size_t i = 0; i < texts.size(); ++i)
      show(texts[i], response->model, response->embeddings[i]);
    if (response->truncated)
      output_.warning("a text was probably cut, as it is longer than the context window; raise "
                      "--num-ctx, or let --no-truncate refuse it");
    return {};
  }

  void show(const EmbedText& text, const std::string& model, const std::vector<float>& vector) {
    const auto index = count_++;
    if (binary_) {
      std::string bytes;
      for (const auto number : vector)
        append_bytes(bytes, number);
      output_.bytes(bytes);
    } else if (output_.json()) {
      EmbeddedText embedded{.index = index, .line = text.line, .model = model, .embedding = vector};
      if (!text.file.empty())
        embedded.file = text.file;
      if (!text.id.empty())
        embedded.id = json::JsonText{text.id};
      output_.object(embedded);
    } else {
      output_.line(list_of(vector));
    }
  }

  const AIRole role_;
  const bool binary_;
  EmbedInput input_;
  EmbedRequest request_;
  Session& session_;
  Output& output_;
  std::size_t most_texts_ = 64; ///< of one request: their vectors are held in memory
  std::size_t most_bytes_ = std::size_t{1} << 20;
  std::optional<EmbedText> left_; ///< read, and too large for the last request
  std::uint64_t count_ = 0;
};

} // namespace

int run_embed(const CommonOptions& common, const EmbedArguments& arguments) {
  Interrupts interrupts;
  Output output{common};
  const auto refuse = [&output](const char* why) {
    return output.fail({.code = ErrorCode::invalid_argument, .subject = why});
  };
  if (arguments.binary && common.json)
    return refuse("--binary writes numbers alone, and goes without --json");
  if (arguments.binary && output.answers_terminal())
    return refuse("--binary does not write to a terminal; redirect stdout to a file or a pipe");
  auto request = request_template(common, arguments);
  if (!request)
    return output.fail(request.error());
  auto input = EmbedInput::open(arguments);
  if (!input)
    return output.fail(input.error());
  auto session = Session::start(common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  return Embedder{common, arguments, std::move(*input), std::move(*request), **session, output}
      .run();
}

} // namespace nexus::llm::cli
