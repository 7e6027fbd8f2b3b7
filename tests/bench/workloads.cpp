// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/workloads.hpp"

#include <chrono>
#include <memory>
#include <utility>
#include <variant>

#include "actors/ollama_client/ndjson_reader.hpp"
#include "actors/ollama_client/plain_line.hpp"
#include "actors/ollama_client/request_builder.hpp"
#include "actors/ollama_client/request_validation.hpp"
#include "actors/ollama_client/response_parser.hpp"
#include "actors/requests/request_machine.hpp"
#include "actors/role/admission_queue.hpp"
#include "actors/role/response_cache.hpp"
#include "actors/role/role_defaults.hpp"
#include "actors/streaming/conflating_queue.hpp"
#include "tests/bench/cost.hpp"

namespace nexus::llm::bench {

namespace {

using Machine = RequestMachine;

constexpr std::uint32_t depth = 128;
constexpr std::size_t lines_of_read = 500;

const std::string text_line =
    R"({"model":"llama3.1:8b","created_at":"2024-08-04T08:52:19.385406455Z","response":" piece",)"
    R"("done":false})";
const std::string last_line =
    R"({"model":"llama3.1:8b","created_at":"2024-08-04T08:52:19.385406455Z","response":"",)"
    R"("done":true,"done_reason":"stop","context":[128006,882,128007,271],"total_duration":4883583458,)"
    R"("load_duration":1334875,"prompt_eval_count":26,"prompt_eval_duration":342546000,)"
    R"("eval_count":282,"eval_duration":4535599000})";

LLMRequest request() {
  LLMRequest request;
  request.model = "llama3.1:8b";
  request.prompt = "Write a haiku about a compiler that is quick.";
  request.temperature = 0;
  request.max_tokens = 200;
  request.system = "You are brief.";
  return request;
}

LLMResponse response() {
  return {.id = {"r"}, .model = "llama3.1:8b", .response = std::string(2'000, 'x'), .done = true};
}

/// A request that succeeds at once: from its arrival to its conclusion.
void succeed() {
  const LLMClientConfig config;
  const Machine::Time now{std::chrono::hours{1}};
  Machine machine{{.name = "r"}, now};
  const auto reply = [&](Machine::Reply content) {
    return machine.on(Machine::Happened{machine.step(), std::move(content)}, config, now, 0);
  };
  static_cast<void>(machine.on(Machine::Begin{}, config, now, 0));
  static_cast<void>(reply(Machine::Admitted{}));
  static_cast<void>(reply(Machine::Resolved{"llama3.1:8b", "digest"}));
  static_cast<void>(reply(Machine::Answered{response()}));
  must(machine.stage() == Machine::Stage::over, "the request is not over");
}

} // namespace

std::vector<Workload> workloads() {
  std::string read;
  for (std::size_t i = 0; i < lines_of_read; ++i)
    read += text_line + "\n";
  const auto reader = std::make_shared<NdjsonReader>(1u << 20);
  const auto cache = std::make_shared<ResponseCache>(CacheSettings{.enabled = true});
  const ResponseCache::Time now{std::chrono::hours{1}};
  for (int i = 0; i < 100; ++i)
    cache->insert("key " + std::to_string(i), response(), now);
  Limits limits;
  limits.max_concurrent = 1;
  limits.queue_length = 10'000;
  const auto queue = std::make_shared<AdmissionQueue>(limits);
  std::uint64_t ticket = 0;
  for (; ticket < 1'000; ++ticket)
    static_cast<void>(
        queue->offer({"run " + std::to_string(ticket)}, ticket, Priority::interactive, now));
  return {
      {"framing-of-500-lines",
       [read, reader] {
         std::size_t lines = 0;
         must(reader->feed(read, [&](std::string_view) { return ++lines > 0; }) &&
                  lines == lines_of_read,
              "a line is missing");
       }},
      {"plain-line",
       [] {
         must(find_plain_line(text_line, RequestKind::generate).has_value(), "no plain line");
       }},
      {"parsed-line",
       [] {
         must(response_parser::parse_chunk(last_line, RequestKind::generate, depth)->done,
              "not the last line");
       }},
      {"request-body", [] { must(!request_builder::body(request()).empty(), "no body"); }},
      {"request-check",
       [] { must(validate(request(), Limits{}).has_value(), "the request is at fault"); }},
      {"role-defaults",
       [] {
         must(with_role_defaults(request(), AIRole::overseer, LLMClientConfig{}).model ==
                  "llama3.1:8b",
              "another model");
       }},
      {"request-machine", succeed},
      {"cache-hit", [cache, now] { must(cache->find("key 50", now).has_value(), "not found"); }},
      {"queue-of-1000",
       [queue, now, ticket]() mutable {
         const RequestId run{"run " + std::to_string(++ticket)};
         static_cast<void>(queue->offer(run, ticket, Priority::interactive, now));
         queue->release({"run 0"});
         const auto next = queue->next(now);
         must(next.has_value(), "nobody is next");
         queue->release(*next);
       }},
      {"conflating-queue",
       [] {
         ConflatingQueue pending{1};
         for (int i = 0; i < 10; ++i)
           pending.push({.id = {"r"}, .response = " piece"});
         must(pending.pop()->chunk.response.size() == 60, "text is missing");
       }},
  };
}

} // namespace nexus::llm::bench
