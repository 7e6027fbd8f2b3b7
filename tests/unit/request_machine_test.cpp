#include "actors/requests/request_machine.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>

#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;

namespace {

using Machine = RequestMachine;
using Stage = Machine::Stage;

constexpr Machine::Time start{1h};

/// A machine, what came out of it, and its settings.
struct Desk {
  explicit Desk(Machine::Order order = {.name = "plan", .stream = true})
      : machine{std::move(order), start} {
    config.max_retries = 2;
    config.settings(AIRole::overseer).fallback_models = {"spare:1b"};
  }

  void on(const Machine::Event& event) {
    out = machine.on(event, config, now, 0.5);
    all.insert(all.end(), out.begin(), out.end());
  }
  void reply(Machine::Reply reply) { on(Machine::Happened{machine.step(), std::move(reply)}); }

  template <class Action> [[nodiscard]] const Action* last() const {
    const Action* found = nullptr;
    for (const auto& action : out)
      if (const auto* which = std::get_if<Action>(&action))
        found = which;
    return found;
  }
  template <class Action> [[nodiscard]] std::size_t count() const {
    std::size_t number = 0;
    for (const auto& action : all)
      number += std::holds_alternative<Action>(action) ? 1 : 0;
    return number;
  }
  [[nodiscard]] RoleStats figures() const {
    RoleStats sum;
    for (const auto& action : all)
      if (const auto* added = std::get_if<Machine::Count>(&action)) {
        sum.answered += added->figures.answered;
        sum.failed += added->figures.failed;
        sum.cancelled += added->figures.cancelled;
        sum.rejected += added->figures.rejected;
        sum.retries += added->figures.retries;
        sum.fallbacks += added->figures.fallbacks;
        sum.shared += added->figures.shared;
        sum.cache_hits += added->figures.cache_hits;
        sum.tokens += added->figures.tokens;
      }
    return sum;
  }
  [[nodiscard]] std::string outcome() const {
    for (const auto& action : all)
      if (const auto* end = std::get_if<Machine::Conclude>(&action)) {
        const auto* error = std::get_if<LLMError>(&end->outcome);
        return error != nullptr ? std::string{to_string(error->code)} : "answered";
      }
    return "open";
  }

  /// Brings a fresh machine to a stage.
  void go_to(Stage stage) {
    on(Machine::Begin{});
    if (stage == Stage::admitting)
      return;
    if (stage == Stage::following)
      return reply(Machine::Shared{});
    reply(Machine::Admitted{});
    if (stage == Stage::resolving)
      return;
    reply(Machine::Resolved{"llama3.1:8b", "d"});
    if (stage == Stage::sending)
      return;
    if (stage == Stage::over)
      return reply(Machine::Answered{});
    const auto code =
        stage == Stage::healing ? ErrorCode::first_token_timeout : ErrorCode::connection_lost;
    reply(Machine::Failed{{.code = code}});
    if (stage == Stage::judging)
      return;
    reply(Machine::Judged{false});
  }

  LLMClientConfig config;
  Machine::Time now = start;
  Machine machine;
  Machine::Actions out;
  Machine::Actions all;
};

constexpr Stage stages[] = {Stage::admitting, Stage::following, Stage::resolving, Stage::sending,
                            Stage::judging,   Stage::healing,   Stage::pausing,   Stage::over};

std::string name_of(Stage stage) {
  constexpr std::string_view names[] = {"admitting", "following", "resolving", "sending",
                                        "judging",   "healing",   "pausing",   "over"};
  return std::string{names[static_cast<std::size_t>(stage)]};
}

/// Where a stage leads by an event, and what becomes of the request.
struct Cell {
  Stage next;
  std::string outcome = "open";
};

void check_row(const Machine::Event& event, const std::map<Stage, Cell>& cells) {
  for (const auto stage : stages) {
    Desk desk;
    desk.go_to(stage);
    BOOST_REQUIRE(name_of(desk.machine.stage()) == name_of(stage));
    desk.on(event);
    const auto cell = cells.contains(stage) ? cells.at(stage) : Cell{stage};
    BOOST_TEST(name_of(desk.machine.stage()) == name_of(cell.next), name_of(stage));
    BOOST_TEST(desk.outcome() == (stage == Stage::over ? "answered" : cell.outcome),
               name_of(stage));
  }
}

void check_reply(const Machine::Reply& reply, const std::map<Stage, Cell>& cells) {
  for (const auto& [stage, cell] : cells) {
    Desk desk;
    desk.go_to(stage);
    desk.reply(reply);
    BOOST_TEST(name_of(desk.machine.stage()) == name_of(cell.next), name_of(stage));
    BOOST_TEST(desk.outcome() == (stage == Stage::over ? "answered" : cell.outcome),
               name_of(stage));
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(request_machine)

BOOST_AUTO_TEST_CASE(every_stage_is_reached_by_its_question) {
  for (const auto stage : stages) {
    Desk desk;
    desk.go_to(stage);
    BOOST_TEST(name_of(desk.machine.stage()) == name_of(stage));
  }
}

BOOST_AUTO_TEST_CASE(a_component_that_is_lost_is_asked_again_where_its_work_can_be_done_again) {
  check_reply(Machine::Lost{"X"}, {{Stage::admitting, {Stage::admitting}},
                                   {Stage::following, {Stage::over, "component_failed"}},
                                   {Stage::resolving, {Stage::resolving}},
                                   {Stage::sending, {Stage::judging}},
                                   {Stage::judging, {Stage::over, "connection_lost"}},
                                   {Stage::healing, {Stage::pausing}},
                                   {Stage::over, {Stage::over}}});
  // A complete answer that others have is asked for again; nothing of it can have been seen.
  Desk complete{{.name = "plan"}};
  complete.go_to(Stage::following);
  complete.reply(Machine::Lost{"X"});
  BOOST_TEST(name_of(complete.machine.stage()) == "admitting");
}

BOOST_AUTO_TEST_CASE(a_failure_ends_a_request_that_was_not_sent_and_is_weighed_after_that) {
  const Machine::Failed lost{{.code = ErrorCode::connection_lost}};
  check_reply(lost, {{Stage::admitting, {Stage::over, "connection_lost"}},
                     {Stage::following, {Stage::over, "connection_lost"}},
                     {Stage::resolving, {Stage::pausing}},
                     {Stage::sending, {Stage::judging}},
                     {Stage::judging, {Stage::over, "connection_lost"}},
                     {Stage::healing, {Stage::pausing}},
                     {Stage::pausing, {Stage::pausing}},
                     {Stage::over, {Stage::over}}});
}

BOOST_AUTO_TEST_CASE(a_good_reply_leads_on) {
  check_reply(Machine::Admitted{}, {{Stage::admitting, {Stage::resolving}}});
  check_reply(Machine::Cached{}, {{Stage::admitting, {Stage::over, "answered"}}});
  check_reply(Machine::Shared{}, {{Stage::admitting, {Stage::following}}});
  check_reply(Machine::Missed{}, {{Stage::following, {Stage::admitting}}});
  check_reply(Machine::Alone{}, {{Stage::following, {Stage::admitting}}});
  check_reply(Machine::Resolved{"m", ""}, {{Stage::resolving, {Stage::sending}}});
  check_reply(Machine::Answered{}, {{Stage::sending, {Stage::over, "answered"}},
                                    {Stage::following, {Stage::over, "answered"}}});
  check_reply(Machine::Judged{false}, {{Stage::judging, {Stage::pausing}}});
  check_reply(Machine::Judged{true}, {{Stage::judging, {Stage::over, "connection_lost"}}});
  check_reply(Machine::Done{},
              {{Stage::healing, {Stage::pausing}}, {Stage::pausing, {Stage::resolving}}});
}

BOOST_AUTO_TEST_CASE(a_caller_that_is_gone_or_cancels_ends_a_request_that_nobody_else_wants) {
  std::map<Stage, Cell> cells;
  for (const auto stage : stages)
    cells.emplace(stage, Cell{Stage::over, "cancelled"});
  check_row(Machine::CallerGone{}, cells);
  check_row(Machine::Cancelled{}, cells);
  for (const auto stage : stages)
    cells[stage].outcome = "shutting_down";
  check_row(Machine::End{{.code = ErrorCode::shutting_down}}, cells);
}

BOOST_AUTO_TEST_CASE(a_lost_stream_starts_the_attempt_anew_and_touches_nothing_else) {
  check_row(Machine::StreamLost{"StreamingActor"},
            {{Stage::sending, {Stage::resolving}}, {Stage::judging, {Stage::resolving}}});
  check_row(Machine::ChunkSeen{1}, {});
  check_row(Machine::Interest{true, true}, {});
}

BOOST_AUTO_TEST_CASE(a_stale_reply_changes_nothing) {
  for (const auto stage : stages) {
    Desk desk;
    desk.go_to(stage);
    const auto step = desk.machine.step();
    desk.on(Machine::Happened{step - 1, Machine::Answered{}});
    BOOST_TEST(name_of(desk.machine.stage()) == name_of(stage));
    BOOST_TEST(desk.machine.step() == step);
    BOOST_TEST(desk.out.empty());
  }
}

BOOST_AUTO_TEST_CASE(the_work_goes_on_for_others_when_the_caller_is_gone) {
  for (const auto& [others, event, ends_stream] :
       {std::tuple{Machine::Interest{.followers = true}, Machine::Event{Machine::Cancelled{}},
                   true},
        std::tuple{Machine::Interest{.followers = true}, Machine::Event{Machine::CallerGone{}},
                   false},
        std::tuple{Machine::Interest{.listeners = true}, Machine::Event{Machine::CallerGone{}},
                   false}}) {
    Desk desk;
    desk.go_to(Stage::sending);
    desk.on(others);
    desk.on(event);
    BOOST_REQUIRE(desk.last<Machine::AnswerCaller>() != nullptr);
    BOOST_TEST(desk.last<Machine::AnswerCaller>()->end_stream == ends_stream);
    BOOST_TEST(!desk.machine.has_caller());
    BOOST_TEST(desk.outcome() == "open");
    // Said twice, it is done once.
    desk.on(event);
    BOOST_TEST(desk.count<Machine::AnswerCaller>() == 1u);
    desk.on(Machine::Interest{});
    BOOST_TEST(desk.outcome() == "cancelled");
    BOOST_TEST(desk.last<Machine::Abort>() != nullptr);
    BOOST_TEST(desk.figures().cancelled == 1u);
  }
  // Who joined a stream has no say against its caller.
  Desk desk;
  desk.go_to(Stage::sending);
  desk.on(Machine::Interest{.listeners = true});
  desk.on(Machine::Cancelled{});
  BOOST_TEST(desk.outcome() == "cancelled");
}

BOOST_AUTO_TEST_CASE(components_that_keep_dying_end_a_request) {
  for (const auto stage : {Stage::admitting, Stage::resolving}) {
    Desk desk;
    desk.go_to(stage);
    for (int i = 0; i < 3; ++i)
      desk.reply(Machine::Lost{"X"});
    BOOST_TEST(desk.outcome() == "open");
    desk.reply(Machine::Lost{"X"});
    BOOST_TEST(desk.outcome() == "component_failed");
  }
}

BOOST_AUTO_TEST_CASE(a_component_whose_answer_is_its_own_failure_is_not_asked_without_end) {
  Desk desk;
  desk.go_to(Stage::resolving);
  int asked = 0;
  for (; desk.outcome() == "open" && asked < 100; ++asked) {
    desk.reply(Machine::Failed{{.code = ErrorCode::component_failed, .subject = "Other"}});
    if (desk.machine.stage() == Stage::pausing)
      desk.reply(Machine::Done{});
  }
  BOOST_TEST(asked == 4);
  BOOST_TEST(desk.outcome() == "component_failed");
}

BOOST_AUTO_TEST_CASE(a_lost_stream_of_which_something_was_seen_starts_over_once) {
  Desk desk;
  desk.go_to(Stage::sending);
  desk.on(Machine::ChunkSeen{1});
  desk.on(Machine::StreamLost{"StreamingActor"});
  BOOST_REQUIRE(desk.last<Machine::RestartStream>() != nullptr);
  BOOST_TEST(desk.last<Machine::RestartStream>()->seen_is_void);
  BOOST_TEST(desk.last<Machine::RestartStream>()->attempt == 2u);
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.on(Machine::ChunkSeen{2});
  desk.on(Machine::StreamLost{"StreamingActor"});
  BOOST_TEST(desk.outcome() == "component_failed");
}

BOOST_AUTO_TEST_CASE(a_chunk_of_an_earlier_attempt_says_nothing_of_this_one) {
  Desk desk;
  desk.go_to(Stage::pausing);
  desk.reply(Machine::Done{});
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.on(Machine::ChunkSeen{1});
  BOOST_TEST(!desk.machine.seen());
  desk.on(Machine::ChunkSeen{2});
  BOOST_TEST(desk.machine.seen());
}

BOOST_AUTO_TEST_CASE(a_model_that_is_missing_falls_back_with_a_fresh_list) {
  Desk desk;
  desk.go_to(Stage::sending);
  desk.reply(Machine::Failed{{.code = ErrorCode::model_not_found}});
  desk.reply(Machine::Judged{false});
  BOOST_REQUIRE(desk.last<Machine::Resolve>() != nullptr);
  BOOST_TEST(desk.last<Machine::Resolve>()->refresh);
  BOOST_TEST(desk.last<Machine::Resolve>()->tried == std::vector<std::string>{"llama3.1:8b"});
  desk.reply(Machine::Resolved{"spare:1b", ""});
  desk.reply(Machine::Answered{{.model = "spare:1b"}});
  const auto& answer = std::get<LLMResponse>(desk.last<Machine::Conclude>()->outcome);
  BOOST_TEST(answer.provenance.fallback);
  BOOST_TEST(answer.provenance.attempts == 2u);
  BOOST_TEST(desk.figures().fallbacks == 1u);
}

BOOST_AUTO_TEST_CASE(the_failure_that_made_a_fallback_necessary_is_told_where_there_is_none) {
  Desk desk;
  desk.go_to(Stage::sending);
  desk.reply(Machine::Failed{{.code = ErrorCode::model_load_failed}});
  desk.reply(Machine::Judged{false});
  while (desk.machine.stage() == Stage::pausing) {
    desk.reply(Machine::Done{});
    desk.reply(Machine::Resolved{"llama3.1:8b", ""});
    desk.reply(Machine::Failed{{.code = ErrorCode::model_load_failed}});
    desk.reply(Machine::Judged{false});
  }
  BOOST_TEST(name_of(desk.machine.stage()) == "resolving");
  desk.reply(Machine::Failed{{.code = ErrorCode::model_not_found}});
  BOOST_TEST(desk.outcome() == "model_load_failed");
}

BOOST_AUTO_TEST_CASE(a_model_that_hangs_is_healed_once_before_the_next_attempt) {
  Desk desk;
  desk.go_to(Stage::healing);
  BOOST_TEST(desk.last<Machine::Heal>()->step == desk.machine.step());
  BOOST_TEST(desk.last<Machine::Heal>()->model == "llama3.1:8b");
  desk.reply(Machine::Done{});
  desk.reply(Machine::Done{});
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.reply(Machine::Failed{{.code = ErrorCode::first_token_timeout}});
  desk.reply(Machine::Judged{false});
  BOOST_TEST(desk.count<Machine::Heal>() == 1u);
  // An embedding heals nothing.
  Desk embedding{{.name = "e", .heals = false}};
  embedding.go_to(Stage::sending);
  embedding.reply(Machine::Failed{{.code = ErrorCode::first_token_timeout}});
  BOOST_TEST(embedding.count<Machine::Heal>() == 0u);
}

BOOST_AUTO_TEST_CASE(a_shared_answer_counts_once_and_tells_when_it_was_sent) {
  Desk desk{{.name = "b"}};
  desk.go_to(Stage::following);
  desk.now = start + 5s;
  LLMResponse response;
  response.provenance.attempts = 3;
  response.provenance.total_time = 7s;
  response.provenance.queue_time = 4s; // sent at start + 2 s
  response.stats.eval_count = 9;
  desk.reply(Machine::Answered{response});
  const auto& answer = std::get<LLMResponse>(desk.last<Machine::Conclude>()->outcome);
  BOOST_TEST(answer.provenance.shared);
  BOOST_TEST(answer.provenance.attempts == 3u);
  BOOST_TEST((answer.provenance.queue_time == 2s));
  BOOST_TEST((answer.provenance.total_time == 5s));
  BOOST_TEST(desk.figures().tokens == 0u);
  BOOST_TEST(desk.figures().shared == 1u);
  BOOST_TEST(desk.figures().answered == 1u);
}

BOOST_AUTO_TEST_CASE(an_answer_from_the_cache_keeps_what_is_true_of_its_text_alone) {
  Desk desk;
  desk.go_to(Stage::admitting);
  LLMResponse response;
  response.provenance = {.attempts = 2, .fallback = true, .prompt_truncated = true};
  desk.reply(Machine::Cached{response});
  const auto& provenance =
      std::get<LLMResponse>(desk.last<Machine::Conclude>()->outcome).provenance;
  BOOST_TEST(provenance.cached);
  BOOST_TEST(provenance.attempts == 0u);
  BOOST_TEST(!provenance.fallback);
  BOOST_TEST(provenance.prompt_truncated);
  BOOST_TEST(desk.figures().cache_hits == 1u);
}

BOOST_AUTO_TEST_CASE(a_request_of_before_the_break_waits_for_ollama_to_come_back) {
  Desk before{{.name = "plan"}};
  before.go_to(Stage::sending);
  before.now = start + 2s;
  before.reply(Machine::Failed{{.code = ErrorCode::circuit_open, .unsent_for = 1s}});
  BOOST_TEST(name_of(before.machine.stage()) == "pausing");
  Desk after{{.name = "plan"}};
  after.go_to(Stage::sending);
  after.now = start + 2s;
  after.reply(Machine::Failed{{.code = ErrorCode::circuit_open, .unsent_for = 3s}});
  BOOST_TEST(after.outcome() == "circuit_open");
}

BOOST_AUTO_TEST_CASE(a_machine_that_takes_the_place_of_another_takes_no_reply_to_it) {
  Desk desk;
  desk.go_to(Stage::sending);
  const auto old = desk.machine.step();
  desk.machine = Machine{{.name = "plan", .stream = true}, start, {old, desk.machine.attempts()}};
  desk.on(Machine::Begin{.anew = true});
  BOOST_TEST(desk.last<Machine::Admit>()->again);
  desk.on(Machine::Happened{old, Machine::Answered{}});
  BOOST_TEST(desk.outcome() == "open");
  desk.reply(Machine::Admitted{});
  desk.reply(Machine::Resolved{"m", ""});
  BOOST_TEST(desk.last<Machine::Send>()->attempt == 2u);
}

/// Whatever happens in whatever order: one answer, one question at a time, an end once callers are
/// gone, and no retry of what was seen.
BOOST_AUTO_TEST_CASE(any_sequence_of_events_keeps_the_promises) {
  constexpr ErrorCode codes[] = {ErrorCode::connection_lost,    ErrorCode::connection_refused,
                                 ErrorCode::model_not_found,    ErrorCode::first_token_timeout,
                                 ErrorCode::bad_request,        ErrorCode::component_failed,
                                 ErrorCode::stream_interrupted, ErrorCode::server_busy,
                                 ErrorCode::circuit_open,       ErrorCode::queue_full};
  std::set<std::string> outcomes;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    std::mt19937 random{seed};
    auto pick = [&random](unsigned count) { return static_cast<unsigned>(random() % count); };
    const bool stream = pick(2) == 0;
    Desk desk{{.name = "r", .model = pick(4) == 0 ? "own:1b" : "", .stream = stream}};
    desk.config.stream_recovery = pick(2) == 0 ? StreamRecovery::restart : StreamRecovery::fail;
    std::size_t answers = 0;
    bool seen = false;
    bool voided = false;
    bool caller = true;
    Machine::Interest interest;
    auto feed = [&](const Machine::Event& event) {
      const auto step = desk.machine.step();
      const bool was_over = desk.machine.stage() == Stage::over && desk.outcome() != "open";
      desk.on(event);
      std::size_t questions = 0;
      for (const auto& action : desk.out)
        std::visit(
            [&]<class Action>(const Action& which) {
              if constexpr (requires { which.step; }) {
                if (which.step != 0) {
                  ++questions;
                  BOOST_REQUIRE(which.step == desk.machine.step());
                  BOOST_REQUIRE(which.step > step);
                }
              }
              if constexpr (std::is_same_v<Action, Machine::Conclude>)
                ++answers;
              if constexpr (std::is_same_v<Action, Machine::RestartStream>)
                voided = voided || which.seen_is_void;
              if constexpr (std::is_same_v<Action, Machine::Send>) {
                // What was seen is told to be void before it is sent again.
                BOOST_REQUIRE(!seen || voided);
                seen = false;
                voided = false;
              }
            },
            action);
      BOOST_REQUIRE(questions <= 1u);
      BOOST_REQUIRE(answers <= 1u);
      if (was_over)
        BOOST_REQUIRE(desk.out.empty());
    };
    feed(Machine::Begin{});
    for (int i = 0; i < 60 && answers == 0; ++i) {
      desk.now += std::chrono::milliseconds{pick(3000)};
      switch (pick(12)) {
      case 0:
        feed(Machine::Happened{desk.machine.step() - pick(2), Machine::Lost{"X"}});
        break;
      case 1:
        if (stream && desk.machine.stage() == Stage::sending) {
          feed(Machine::ChunkSeen{desk.machine.attempts()});
          seen = true;
        }
        break;
      case 2:
        if (stream)
          feed(Machine::StreamLost{"StreamingActor"});
        break;
      case 3:
        if (pick(4) == 0) {
          feed(pick(2) == 0 ? Machine::Event{Machine::CallerGone{}}
                            : Machine::Event{Machine::Cancelled{}});
          caller = desk.machine.has_caller();
        }
        break;
      case 4:
        interest = {.followers = pick(2) == 0, .listeners = stream && pick(2) == 0};
        feed(interest);
        break;
      default: {
        const bool fails = pick(3) == 0;
        Machine::Reply reply = Machine::Failed{{.code = codes[pick(std::size(codes))]}};
        if (!fails)
          switch (desk.machine.stage()) {
          case Stage::admitting:
            reply = pick(5) == 0 ? Machine::Reply{Machine::Shared{}} : Machine::Admitted{};
            break;
          case Stage::following:
            reply = pick(2) == 0 ? Machine::Reply{Machine::Missed{}} : Machine::Alone{};
            break;
          case Stage::resolving:
            reply = Machine::Resolved{pick(3) == 0 ? "spare:1b" : "llama3.1:8b", ""};
            break;
          case Stage::sending:
            reply = Machine::Answered{};
            break;
          case Stage::judging:
            reply = Machine::Judged{seen};
            break;
          default:
            reply = Machine::Done{};
          }
        feed(Machine::Happened{desk.machine.step(), reply});
      }
      }
      // Nobody wants it: it has ended.
      if (!caller && !interest.followers && !interest.listeners)
        BOOST_REQUIRE(answers == 1u);
    }
    // Once everybody is gone, it ends.
    feed(Machine::Interest{});
    feed(Machine::CallerGone{});
    BOOST_REQUIRE(answers == 1u);
    const auto figures = desk.figures();
    BOOST_REQUIRE(figures.answered + figures.failed + figures.cancelled + figures.rejected == 1u);
    outcomes.insert(desk.outcome());
  }
  BOOST_TEST(outcomes.size() > 6u);
}

BOOST_AUTO_TEST_SUITE_END()
