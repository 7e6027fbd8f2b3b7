// SPDX-License-Identifier: BSD-3-Clause
#include "tests/reliability/chaos_client.hpp"

#include <atomic>
#include <memory>
#include <optional>

namespace nexus::llm::test {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto answer_deadline = 60s;

} // namespace

ChaosClient::ChaosClient(const ChaosOptions& options, unsigned number, caf::actor_system& system,
                         const LLMSystem& llm, LatencyLog& latencies)
    : random_{options.seed * 1000 + number}, name_{"client " + std::to_string(number)},
      system_{system}, llm_{llm}, latencies_{latencies} {}

void ChaosClient::one_request() {
  ++report_.requests;
  const auto lost_before = report_.lost;
  const auto lot = draw(100);
  make(lot);
  if (report_.lost > lost_before)
    report_.trouble += "lost: request " + std::to_string(report_.requests) + " of " + name_ +
                       " (lot " + std::to_string(lot) + "); ";
}

void ChaosClient::make(std::uint64_t lot) {
  if (lot < 35)
    complete();
  else if (lot < 75)
    stream();
  else if (lot < 80)
    stream_whose_requester_dies();
  else if (lot < 85)
    batch();
  else if (lot < 93)
    embed();
  else if (lot < 98)
    look_at_models();
  else
    change_settings();
}

template <class T, class Handle, class... Ts>
bool ChaosClient::settle(const std::function<void(T&)>& on_answer, const Handle& receiver,
                         Ts&&... content) {
  // One of its own for each request: an actor that does not receive keeps the timeouts of answered
  // requests in its mailbox.
  caf::scoped_actor self{system_};
  const auto began = Clock::now();
  bool good = false;
  ask(self, receiver, answer_deadline, std::forward<Ts>(content)...)
      .receive(
          [&](T& answer) {
            good = true;
            ++report_.answered;
            latencies_.add(
                std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began));
            on_answer(answer);
          },
          [&](const caf::error& error) {
            // Nobody answered: this is the deadline of the request itself.
            if (Clock::now() - began >= answer_deadline)
              ++report_.lost;
            else
              failed(to_llm_error(error));
          });
  return good;
}

void ChaosClient::failed(const LLMError& error) {
  ++report_.failed[std::string{to_string(error.code)}];
  // Whoever is turned away at once waits before asking again, or would ask a thousand times.
  if (error.code == ErrorCode::circuit_open || error.code == ErrorCode::queue_full)
    wait_a_little();
}

void ChaosClient::wait_a_little() {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock{mutex};
  never.wait_for(lock, std::chrono::milliseconds{1 + draw(20)}, [] { return false; });
}

void ChaosClient::complete() {
  const auto check = [this](LLMResponse& answer) {
    if (!answer.done)
      ++report_.corrupted;
  };
  if (draw(2) == 0)
    settle<LLMResponse>(check, any_role(), generate_atom_v, prompt(), request_options());
  else
    settle<LLMResponse>(check, any_role(), chat_atom_v, conversation(), request_options());
}

void ChaosClient::stream() {
  const auto& role = any_role();
  auto options = request_options();
  const auto id = options.id;
  auto record = std::make_shared<Record>();
  auto subscriber = spawn_recorder(system_, record, draw(8) == 0 ? Pace::slow : Pace::quick);
  auto late_record = std::make_shared<Record>();
  // What happens to it once it has begun, if it does.
  const auto event = draw(20);
  const bool joins = event < 4;
  const bool cancels = event == 4 || event == 5;
  const bool leaves = event == 6;
  const bool dies = event == 7;
  auto begun = std::make_shared<std::atomic<bool>>(false);
  caf::actor witness;
  stream_subscriber late;
  if (event < 8) {
    if (joins)
      late = spawn_recorder(system_, late_record);
    witness = system_.spawn([=](caf::event_based_actor* self) -> caf::behavior {
      return {[=](const std::string&) {
        if (joins)
          ask(self, role, answer_deadline, subscribe_atom_v, id, late)
              .then([late_record](Ack) { late_record->answer("joined"); },
                    [late_record](const caf::error&) { late_record->answer("too late"); });
        else if (cancels)
          anon_tell(role, cancel_atom_v, id);
        else if (leaves)
          anon_tell(role, unsubscribe_atom_v, id, subscriber);
        else
          anon_exit(subscriber, caf::exit_reason::kill);
      }};
    });
    record->on_first_chunk([witness, begun] {
      *begun = true;
      anon_tell(witness, std::string{"begun"});
    });
  }
  std::optional<std::string> text;
  const auto note = [&text](LLMResponse& answer) { text = answer.response; };
  const bool chat = draw(2) == 0;
  if (chat)
    settle<LLMResponse>(note, role, chat_streaming_atom_v, conversation(), std::move(options),
                        subscriber);
  else
    settle<LLMResponse>(note, role, generate_streaming_atom_v, prompt(), std::move(options),
                        subscriber);
  if (!leaves && !dies && wait_for_end(*record))
    judge(*record, text ? &*text : nullptr);
  record->on_first_chunk({});
  // Who was let in is owed an end as well.
  if (late && *begun) {
    const auto told = [](const Record& seen) { return !seen.answers.empty(); };
    if (!late_record->wait_until(told))
      ++report_.lost;
    else if (late_record->answers.front() == "joined" && wait_for_end(*late_record))
      judge(*late_record, text ? &*text : nullptr);
  }
  if (witness)
    anon_exit(witness, caf::exit_reason::kill);
  anon_exit(subscriber, caf::exit_reason::kill);
  if (late)
    anon_exit(late, caf::exit_reason::kill);
}

void ChaosClient::stream_whose_requester_dies() {
  auto record = std::make_shared<Record>();
  auto subscriber = spawn_recorder(system_, record);
  auto requester = system_.spawn([role = any_role(), text = prompt(), options = request_options(),
                                  subscriber](caf::event_based_actor* self) -> caf::behavior {
    ask(self, role, answer_deadline, generate_streaming_atom_v, text, options, subscriber)
        .then([](const LLMResponse&) {}, [](const caf::error&) {});
    return {[](const std::string&) {}};
  });
  record->on_first_chunk([requester] { anon_exit(requester, caf::exit_reason::kill); });
  ++report_.abandoned;
  if (wait_for_end(*record))
    judge(*record, nullptr);
  record->on_first_chunk({});
  anon_exit(requester, caf::exit_reason::kill);
  anon_exit(subscriber, caf::exit_reason::kill);
}

void ChaosClient::batch() {
  const std::vector<std::string> prompts{prompt(), prompt(), prompt()};
  settle<BatchResponse>(
      [this, &prompts](BatchResponse& answer) {
        if (answer.items.size() != prompts.size())
          ++report_.corrupted;
        for (const auto& item : answer.items)
          if (item.response.has_value() == item.error.has_value())
            ++report_.corrupted;
      },
      any_role(), batch_atom_v, prompts, request_options());
}

void ChaosClient::embed() {
  settle<EmbedResponse>(
      [this](EmbedResponse& answer) {
        if (answer.embeddings.size() != 2)
          ++report_.corrupted;
      },
      any_role(), embed_atom_v, EmbedRequest{.input = {prompt(), prompt()}});
}

void ChaosClient::look_at_models() {
  const auto& models = llm_.models();
  switch (draw(4)) {
  case 0:
    settle<ModelList>([](ModelList&) {}, models, list_models_atom_v);
    break;
  case 1:
    settle<bool>([](bool&) {}, models, check_model_atom_v, std::string{"llama3.1:8b"});
    break;
  case 2:
    settle<ModelDetails>([](ModelDetails&) {}, models, show_model_atom_v,
                         std::string{"llama3.1:8b"});
    break;
  default:
    settle<RunningModels>([](RunningModels&) {}, models, running_models_atom_v);
  }
}

void ChaosClient::change_settings() {
  const std::string recovery = draw(2) == 0 ? "fail" : "restart";
  settle<LLMClientConfig>(
      [](LLMClientConfig&) {}, llm_.config(), update_config_atom_v,
      R"({"maxRetries": )" + std::to_string(1 + draw(3)) + R"(, "streamRecovery": ")" + recovery +
          R"(", "cache": {"enabled": )" + (draw(2) == 0 ? "true" : "false") + "}}");
}

bool ChaosClient::wait_for_end(const Record& record) {
  if (record.wait_until([](const Record& seen) { return seen.ends > 0; }))
    return true;
  ++report_.lost;
  return false;
}

void ChaosClient::judge(const Record& record, const std::string* answer) {
  std::lock_guard lock{record.mutex()};
  if (record.ends > 1 || !record.in_order)
    ++report_.duplicated;
  if (answer != nullptr && record.end_code.empty() && record.text != *answer)
    ++report_.corrupted;
}

std::string ChaosClient::prompt() {
  // Some are the same as those of others, to be shared and kept.
  return draw(4) == 0 ? "common " + std::to_string(draw(5))
                      : name_ + " asks " + std::to_string(report_.requests);
}

std::vector<ChatMessage> ChaosClient::conversation() {
  return {{.role = ChatRole::user, .content = prompt()},
          {.role = ChatRole::assistant, .content = "Yes."},
          {.role = ChatRole::user, .content = prompt()}};
}

GenerateOptions ChaosClient::request_options() {
  GenerateOptions options;
  options.id = {name_ + "/" + std::to_string(report_.requests)};
  if (draw(3) == 0)
    options.temperature = 0.0;
  if (draw(2) == 0)
    options.priority = Priority::background;
  return options;
}

const role_handle& ChaosClient::any_role() {
  return llm_.role(draw(2) == 0 ? AIRole::overseer : AIRole::implementation);
}

} // namespace nexus::llm::test
