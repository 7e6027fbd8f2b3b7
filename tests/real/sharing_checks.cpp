// SPDX-License-Identifier: BSD-3-Clause
#include <set>

#include "tests/real/checks.hpp"
#include "tests/real/nexus.hpp"
#include "tests/real/stopwatch.hpp"

namespace nexus::llm::real {

namespace {

/// Calls of the other client, with their time for loading.
std::chrono::nanoseconds other_call(const Stage& stage) {
  const auto reply = stage.other.post(
      "/api/generate", R"({"model":")" + stage.model +
                           R"(","prompt":"Hello","stream":false,"options":{"num_predict":2}})");
  require(reply.status == 200, "the other client got " + reply.body);
  const auto document = reply.document();
  return std::chrono::nanoseconds{json::find_count(document, "load_duration")};
}

/// Counts loads by the runners of a server of our own; elsewhere there is nothing to count.
class Runners {
public:
  explicit Runners(const Stage& stage) : stage_{stage} { static_cast<void>(added()); }

  /// Whether one was started since this was asked before.
  bool added() {
    bool any = false;
    if (stage_.own != nullptr)
      for (const auto process : stage_.own->runners())
        any = seen_.insert(process).second || any;
    return any;
  }

private:
  const Stage& stage_;
  std::set<pid_t> seen_;
};

/// What is done in turns with the other client.
struct Turn {
  const char* name;
  std::function<void(Nexus&)> work;
};

std::vector<Turn> turns(const Stage& stage) {
  return {
      {"generate",
       [](Nexus& nexus) { take(nexus->generate("Hello", AIRole::overseer, repeatable(2))); }},
      {"a stream",
       [](Nexus& nexus) {
         take(nexus->generate_streaming(
             "Hello", AIRole::implementation, [](const auto&) { return true; }, repeatable(2)));
       }},
      {"chat",
       [](Nexus& nexus) {
         take(nexus->chat({{.role = ChatRole::user, .content = "Hello"}}, AIRole::overseer,
                          repeatable(2)));
       }},
      {"embed",
       [](Nexus& nexus) {
         take(nexus->embed({.model = {}, .input = {"Hello"}}, AIRole::overseer));
       }},
      {"load", [&stage](Nexus& nexus) { take(nexus->load_model(stage.model)); }},
  };
}

} // namespace

void sharing_checks(const Stage& stage, Report& report) {
  Nexus nexus{stage};

  report.check("two clients of one model in turns load it once", [&] {
    take(nexus->unload_model(stage.model));
    const auto first = other_call(stage);
    Runners runners{stage};
    std::string reloaded;
    for (int round = 0; round < 2; ++round)
      for (const auto& turn : turns(stage)) {
        turn.work(nexus);
        const auto load = other_call(stage);
        // A load that finds its file in the page cache still takes many times a look-up.
        if (stage.own != nullptr ? runners.added() : load > first / 3)
          reloaded += std::string{reloaded.empty() ? "" : ", "} + turn.name;
      }
    require(reloaded.empty(), "loaded again after: " + reloaded);
    return "20 calls, 1 load of " + seconds_text(first);
  });

  report.check("window and keep-alive stay those of the server", [&] {
    take(nexus->unload_model(stage.model));
    other_call(stage);
    const auto before = loaded(stage);
    require(before.there, "the model is not listed by its name");
    for (const auto& turn : turns(stage)) {
      turn.work(nexus);
      const auto after = loaded(stage);
      require(after.context_length == before.context_length,
              std::string{turn.name} + " changed the window to " +
                  std::to_string(after.context_length));
      require(after.stays + std::chrono::seconds{60} > before.stays,
              std::string{turn.name} + " lets the model stay for only " +
                  std::to_string(after.stays.count()) + " s");
    }
    return std::to_string(before.context_length) + " tokens, " +
           std::to_string(before.stays.count()) + " s";
  });

  report.check("window and keep-alive of the settings go with every request", [&] {
    Nexus set{stage, [](LLMClientConfig& settings) {
                for (const auto role : all_roles()) {
                  settings.settings(role).num_ctx = 512;
                  settings.settings(role).keep_alive = {"2h"};
                }
              }};
    take(set->generate("Hello", AIRole::overseer, repeatable(2)));
    Runners runners{stage};
    for (const auto& turn : turns(stage)) {
      turn.work(set);
      const auto after = loaded(stage);
      require(after.context_length == 512,
              std::string{turn.name} + " made the window " + std::to_string(after.context_length));
      require(std::chrono::abs(after.stays - std::chrono::hours{2}) < std::chrono::minutes{1},
              std::string{turn.name} + " lets the model stay for " +
                  std::to_string(after.stays.count()) + " s");
      require(!runners.added(), std::string{turn.name} + " loaded it again");
    }
    // Leaves the server as it was.
    take(set->unload_model(stage.model));
    return "5 calls";
  });
}

} // namespace nexus::llm::real
