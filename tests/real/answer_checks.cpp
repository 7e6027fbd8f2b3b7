// SPDX-License-Identifier: BSD-3-Clause
#include <array>
#include <cmath>

#include "tests/real/checks.hpp"
#include "tests/real/nexus.hpp"

namespace nexus::llm::real {

namespace {

constexpr std::array prompts{"Name three colours.", "Write one sentence about the sea.",
                             "What is 2 + 2?", "Say \"ünïcödé ☃ 😀\" once."};

constexpr std::string_view tools_template =
    "{{ range .Tools }}{{ . }}\n{{ end }}{{ range .Messages }}{{ .Role }}: {{ .Content }}"
    "{{ range .ToolCalls }}{\"name\": \"{{ .Function.Name }}\", \"arguments\": "
    "{{ .Function.Arguments }}}{{ end }}\n{{ end }}assistant:";

/// A streamed answer as its pieces told it.
struct Streamed {
  LLMResponse answer;
  std::string text; ///< of the pieces
  std::size_t pieces = 0;

  LLMIntegration::ChunkCallback listener() {
    return [this](const LLMStreamChunk& chunk) {
      text += chunk.response;
      ++pieces;
      return true;
    };
  }
};

void require_equal(const LLMResponse& complete, const Streamed& streamed) {
  require(streamed.text == complete.response, "the pieces of the stream say \"" + streamed.text +
                                                  "\", the complete answer \"" + complete.response +
                                                  "\"");
  require(streamed.answer.response == complete.response, "the end of the stream says otherwise");
  require(streamed.answer.done_reason == complete.done_reason, "the reasons of the end differ");
  require(streamed.answer.context == complete.context, "the contexts for continuation differ");
  require(streamed.answer.stats.eval_count == complete.stats.eval_count,
          "the numbers of tokens differ");
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0;
  double left = 0;
  double right = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    left += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    right += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return dot / std::sqrt(left * right);
}

std::string as_json(std::string_view text) {
  json::Document document;
  return json::to_text(json::make_string(text, document.GetAllocator()));
}

} // namespace

void answer_checks(const Stage& stage, Report& report) {
  Nexus nexus{stage};

  report.check("a stream equals the complete answer: generate", [&] {
    std::uint64_t tokens = 0;
    for (const auto* prompt : prompts) {
      const auto complete = take(nexus->generate(prompt, AIRole::overseer, repeatable(32)));
      Streamed streamed;
      streamed.answer = take(
          nexus->generate_streaming(prompt, AIRole::overseer, streamed.listener(), repeatable(32)));
      require_equal(complete, streamed);
      tokens += complete.stats.eval_count;
    }
    return std::to_string(prompts.size()) + " prompts, " + std::to_string(tokens) + " tokens";
  });

  report.check("a stream equals the complete answer: chat", [&] {
    std::uint64_t tokens = 0;
    std::vector<ChatMessage> conversation{{.role = ChatRole::system, .content = "You are brief."}};
    for (const auto* prompt : prompts) {
      conversation.push_back({.role = ChatRole::user, .content = prompt});
      const auto complete = take(nexus->chat(conversation, AIRole::overseer, repeatable(24)));
      Streamed streamed;
      streamed.answer = take(nexus->chat_streaming(conversation, AIRole::overseer,
                                                   streamed.listener(), repeatable(24)));
      require_equal(complete, streamed);
      conversation.push_back({.role = ChatRole::assistant, .content = complete.response});
      tokens += complete.stats.eval_count;
    }
    return std::to_string(prompts.size()) + " turns, " + std::to_string(tokens) + " tokens";
  });

  report.check("another client gets the same text", [&] {
    for (const auto* prompt : prompts) {
      const auto ours = take(nexus->generate(prompt, AIRole::implementation, repeatable(24)));
      const auto reply = stage.other.post(
          "/api/generate",
          R"({"model":)" + as_json(stage.model) + R"(,"prompt":)" + as_json(prompt) +
              R"(,"stream":false,"options":{"temperature":0,"seed":7,)" + R"("num_predict":24}})");
      const auto document = reply.document();
      require(json::find_text(document, "response") == ours.response,
              "ours: " + ours.response + " theirs: " + reply.body);
    }
    return std::to_string(prompts.size()) + " prompts";
  });

  report.check("a seed repeats an answer at temperature 0.9", [&] {
    auto options = repeatable(24);
    options.temperature = 0.9;
    const auto first = take(nexus->generate(prompts[1], AIRole::overseer, options));
    const auto second = take(nexus->generate(prompts[1], AIRole::overseer, options));
    require(first.response == second.response, first.response + " <> " + second.response);
    return std::to_string(first.stats.eval_count) + " tokens";
  });

  report.check("an answer is continued from its context", [&] {
    const auto first = take(nexus->generate(prompts[0], AIRole::overseer, repeatable(16)));
    require(first.context && !first.context->empty(), "no context came back");
    auto options = repeatable(8);
    options.continuation = *first.context;
    const auto second = take(nexus->generate("And one more?", AIRole::overseer, options));
    require(second.stats.prompt_eval_count > first.stats.prompt_eval_count,
            "the prompt did not grow");
    return "prompt of " + std::to_string(first.stats.prompt_eval_count) + ", then " +
           std::to_string(second.stats.prompt_eval_count) + " tokens";
  });

  report.check("an answer that is cut says so", [&] {
    const auto answer = take(nexus->generate(endless_prompt, AIRole::overseer, [] {
      auto options = endless();
      options.max_tokens = 5;
      return options;
    }()));
    require(answer.done_reason == "length" && answer.provenance.cut_by_length,
            "done_reason " + answer.done_reason);
    return "\"" + answer.response + "\"";
  });

  report.check("a schema shapes the answer, streamed and complete", [&] {
    auto options = repeatable(64);
    options.format =
        Format::schema(R"({"type":"object","properties":{"colour":{"enum":["red","green"]}},)"
                       R"("required":["colour"]})");
    const std::vector<ChatMessage> conversation{
        {.role = ChatRole::user, .content = "Choose a colour. Answer in JSON."}};
    const auto complete = take(nexus->chat(conversation, AIRole::overseer, options));
    Streamed streamed;
    streamed.answer =
        take(nexus->chat_streaming(conversation, AIRole::overseer, streamed.listener(), options));
    require_equal(complete, streamed);
    const auto document = json::parse(complete.response);
    require(document && document->IsObject(), "not an object: " + complete.response);
    const auto colour = json::find_text(*document, "colour");
    require(colour == "red" || colour == "green", complete.response);
    return complete.response;
  });

  report.check("a tool is called, streamed and complete, and call and result go back", [&] {
    static_cast<void>(stage.server());
    // A template in which a call is JSON and nothing else: with a schema every model makes one.
    const std::string model = "nexus-llm-tools:latest";
    take(nexus->create_model(
        {.model = model, .from = stage.model, .prompt_template = std::string{tools_template}}));
    auto options = repeatable(64);
    options.model = model;
    options.tools = {{.name = "get_weather",
                      .description = "The weather of a city",
                      .parameters = R"({"type":"object","properties":{"city":{"type":"string"}},)"
                                    R"("required":["city"]})"}};
    options.format =
        Format::schema(R"({"type":"object","properties":{"name":{"const":"get_weather"},)"
                       R"("arguments":{"type":"object","properties":{"city":{"enum":["Bergen"]}},)"
                       R"("required":["city"]}},"required":["name","arguments"]})");
    std::vector<ChatMessage> conversation{
        {.role = ChatRole::user, .content = "What is the weather in Bergen?"}};
    const auto complete = take(nexus->chat(conversation, AIRole::overseer, options));
    require(complete.tool_calls.size() == 1, "no call, but \"" + complete.response + '"');
    const auto& call = complete.tool_calls.front();
    require(call.name == "get_weather" && call.arguments == R"({"city":"Bergen"})",
            call.name + call.arguments);
    Streamed streamed;
    streamed.answer =
        take(nexus->chat_streaming(conversation, AIRole::overseer, streamed.listener(), options));
    require_equal(complete, streamed);
    require(streamed.answer.tool_calls.size() == 1 &&
                streamed.answer.tool_calls.front().arguments == call.arguments,
            "the stream has another call");
    conversation.push_back(
        {.role = ChatRole::assistant, .content = {}, .tool_calls = complete.tool_calls});
    conversation.push_back({.role = ChatRole::tool,
                            .content = "Rain",
                            .tool_name = call.name,
                            .tool_call_id = call.id});
    options.format = {};
    const auto after = take(nexus->chat(conversation, AIRole::overseer, options));
    require(after.stats.prompt_eval_count > complete.stats.prompt_eval_count,
            "the call and its result did not go back");
    take(nexus->delete_model(model));
    return call.name + call.arguments + ", id " + call.id;
  });

  report.check("a model is made from a file and answers", [&] {
    static_cast<void>(stage.server());
    const auto document =
        stage.other.post("/api/show", R"({"model":)" + as_json(stage.model) + "}").document();
    const std::string text{json::find_text(document, "modelfile").value_or("")};
    const auto from = text.find("\nFROM /");
    require(from != std::string::npos, "the file of the model is not told");
    const auto file = text.substr(from + 6, text.find('\n', from + 1) - from - 6);
    const std::string model = "nexus-llm-made:latest";
    const auto digest = take(nexus->upload_blob(file));
    take(nexus->create_model({.model = model,
                              .files = {{.name = "model.gguf", .digest = digest}},
                              .system = "You are brief.",
                              .parameters = R"({"num_predict":3,"num_thread":1})"}));
    auto options = repeatable(3);
    options.model = model;
    const auto answer = take(nexus->generate("Hello", AIRole::overseer, options));
    const auto details = take(nexus->show_model(model));
    require(details.system == "You are brief.", "its system text is \"" + details.system + '"');
    take(nexus->delete_model(model));
    return std::to_string(answer.stats.eval_count) + " tokens, " + digest.substr(0, 19);
  });

  report.check("log probabilities come with each token, streamed and complete", [&] {
    auto options = repeatable(6);
    options.logprobs = true;
    options.top_logprobs = 2;
    const auto complete = take(nexus->generate(prompts[0], AIRole::overseer, options));
    Streamed streamed;
    streamed.answer =
        take(nexus->generate_streaming(prompts[0], AIRole::overseer, streamed.listener(), options));
    require_equal(complete, streamed);
    std::string text;
    for (const auto& token : complete.logprobs) {
      text += token.token;
      require(token.logprob <= 0 && token.top_logprobs.size() == 2, "an odd entry");
    }
    require(text == complete.response, "the tokens say \"" + text + '"');
    require(streamed.answer.logprobs.size() == complete.logprobs.size(), "the stream has others");
    return std::to_string(complete.logprobs.size()) + " tokens, the first with " +
           std::to_string(complete.logprobs.at(0).logprob);
  });

  report.check("embeddings come in order and equal those of another client", [&] {
    const auto both =
        take(nexus->embed({.model = {}, .input = {"the sea", "a stone"}}, AIRole::overseer));
    require(both.embeddings.size() == 2, "not two vectors");
    const auto second = take(nexus->embed({.model = {}, .input = {"a stone"}}, AIRole::overseer));
    const auto same = cosine(both.embeddings[1], second.embeddings.at(0));
    const auto differ = cosine(both.embeddings[0], both.embeddings[1]);
    require(same > 0.999, "cosine with itself " + std::to_string(same));
    require(differ < 0.9999, "two texts have one vector");
    const auto document =
        stage.other
            .post("/api/embed", R"({"model":)" + as_json(stage.model) + R"(,"input":"a stone"})")
            .document();
    const auto* vectors = json::find(document, "embeddings");
    require(vectors != nullptr && vectors->IsArray() && vectors->Size() == 1, "no other vector");
    std::vector<float> other;
    for (const auto& number : (*vectors)[0].GetArray())
      other.push_back(number.GetFloat());
    require(cosine(other, second.embeddings.at(0)) > 0.999, "another client gets another vector");
    return std::to_string(other.size()) + " dimensions, cosine " + std::to_string(differ);
  });

  report.check("what Ollama tells of the model is read", [&] {
    const auto details = take(nexus->show_model(stage.model));
    require(details.context_length > 0, "no context length");
    require(!details.capabilities.empty(), "no capabilities");
    require(take(nexus->check_model_available(stage.model)), "not available");
    return details.family + ", " + details.parameter_size + ", " + details.quantization +
           ", window of " + std::to_string(details.context_length);
  });
}

} // namespace nexus::llm::real
