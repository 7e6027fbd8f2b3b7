// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/scenario.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "config/file_io.hpp"
#include "config/read_json.hpp"
#include "config/text_encoding.hpp"
#include "config/utf8.hpp"
#include "nexus_llm/testing/script_failure.hpp"
#include "runtime/harness/duration_text.hpp"
#include "runtime/harness/scenario_format.hpp"

namespace nexus::llm::testing {

namespace {

/// Recordings of long sessions take several megabytes.
constexpr std::size_t max_file_bytes = 256u << 20;

/// Runs the steps of a scenario on a script.
class Player {
public:
  Player(const LocatedJson& root, std::string file, Script& script)
      : root_{root}, file_{std::move(file)}, script_{script} {}

  void play() {
    given();
    const auto& actions = all_actions();
    for (const auto& step : root_.find("steps")->elements) {
      step_ = &step;
      (this->*actions.at(kind_of(step).name()))();
    }
  }

  [[nodiscard]] Where where() const { return {file_, step_ != nullptr ? step_->line : 1}; }

private:
  using Action = void (Player::*)();

  // Accessors for the fields of the current, validated step.
  [[nodiscard]] std::string text(std::string_view key, std::string otherwise = {}) const {
    const auto* field = step_->find(key);
    return field != nullptr ? std::string{json::text_of(field->value)} : otherwise;
  }
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> all;
    for (const auto& each : step_->find(key)->elements)
      all.emplace_back(json::text_of(each.value));
    return all;
  }
  [[nodiscard]] std::chrono::milliseconds duration(std::string_view key) const {
    return parse_duration(text(key, "0s")).value_or(std::chrono::milliseconds{0});
  }
  [[nodiscard]] std::uint32_t number(std::string_view key, std::uint32_t otherwise) const {
    const auto* field = step_->find(key);
    return field != nullptr ? field->value.GetUint() : otherwise;
  }
  [[nodiscard]] Pattern pattern(std::string_view key) const {
    const auto* field = step_->find(key);
    return field != nullptr ? Pattern{field->value} : Pattern{};
  }
  [[nodiscard]] std::vector<Pattern> patterns(std::string_view key) const {
    std::vector<Pattern> all;
    for (const auto& each : step_->find(key)->elements)
      all.emplace_back(each.value);
    return all;
  }
  [[nodiscard]] ErrorCode error_code() const {
    auto code = ErrorCode::internal_error;
    static_cast<void>(json::read_value(step_->find("code")->value, code));
    return code;
  }
  [[nodiscard]] AIRole role() const {
    return parse_role(text("role", "overseer")).value_or(AIRole::overseer);
  }
  template <class T> [[nodiscard]] T structure(std::string_view key) const {
    T made{};
    if (const auto* field = step_->find(key))
      if (const auto problem = json::read_value(field->value, made))
        misuse("`" + std::string{key} + "`" +
               (problem->front() == '.' || problem->front() == '[' ? "" : " ") + *problem);
    return made;
  }
  [[noreturn]] void misuse(const std::string& what) const {
    throw ScriptFailure{where().text() + ": this step cannot be played: " + what + "."};
  }
  template <class T>
  const T& named(const std::map<std::string, T>& all, const std::string& name,
                 const char* what) const {
    const auto entry = all.find(name);
    if (entry == all.end())
      misuse("there is no " + std::string{what} + " `" + name + "`");
    return entry->second;
  }

  [[nodiscard]] const Call& call(std::string_view key) const {
    return named(calls_, text(key), "requester");
  }
  [[nodiscard]] const Listener& listener(std::string_view key) const {
    return named(listeners_, text(key), "listener");
  }
  [[nodiscard]] const Asked& answered_request() const {
    if (step_->find("on") != nullptr)
      return named(asked_, text("on"), "request");
    if (!latest_)
      misuse("Ollama has not been asked yet");
    return *latest_;
  }
  const Listener& listener_made(const std::string& name, Hears hears) {
    return listeners_.try_emplace(name, script_.subscriber(name, hears, where())).first->second;
  }

  void given() {
    if (const auto* config = root_.find("config")) {
      step_ = config;
      script_.given_config(json::to_text(config->value), where());
      step_ = nullptr;
    }
    const auto* models = root_.find("models");
    if (models == nullptr)
      for (const auto each : all_roles())
        script_.given_model(LLMClientConfig{}.model(each));
    else
      for (const auto& model : models->elements) {
        step_ = &model;
        if (model.value.IsString())
          script_.given_model(std::string{json::text_of(model.value)}, {}, where());
        else
          script_.given_model(std::string{*json::find_text(model.value, "name")},
                              std::string{json::find_text(model.value, "reply").value_or("")},
                              where());
      }
    if (const auto* replaced = root_.find("replaces"))
      for (const auto& each : replaced->elements) {
        step_ = &each;
        const std::string name{json::text_of(each.value)};
        stand_ins_.emplace(name, script_.replaces(name, where()));
      }
    step_ = nullptr;
    if (root_.find("everythingAsks") != nullptr)
      script_.ollama_answers_nothing_itself();
  }

  PromptDetails details() {
    PromptDetails made{.options = structure<GenerateOptions>("options"), .name = text("as")};
    if (step_->find("to") != nullptr) {
      const auto name = text("to");
      const auto known = listeners_.find(name);
      made.listener =
          known != listeners_.end() ? &known->second : &listener_made(name, Hears::everything);
    }
    return made;
  }
  void keep(Call made) { calls_.insert_or_assign(made.name(), std::move(made)); }

  void listen() {
    static_cast<void>(listener_made(text("listen"),
                                    text("hears") == "stream" ? Hears::stream : Hears::everything));
  }
  void prompt() { keep(script_.prompt(role(), text("prompt"), details(), where())); }
  void chat() {
    keep(script_.chat(role(), structure<std::vector<ChatMessage>>("chat"), details(), where()));
  }
  void ask() { keep(script_.ask(text("ask"), pattern("message"), text("as"), where())); }
  void tell() { script_.tell(text("tell"), pattern("message"), where()); }
  void cancel() { script_.cancel(call("cancel"), where()); }
  void join() { script_.join(listener("join"), call("stream"), where()); }
  void leave() { script_.leave(listener("leave"), call("stream"), where()); }
  void configure() {
    json::Document message{rapidjson::kArrayType};
    auto& allocator = message.GetAllocator();
    message.PushBack("update_config", allocator);
    message.PushBack(json::make_string(json::to_text(step_->find("configure")->value), allocator),
                     allocator);
    script_.ask("config", Pattern{message}, {}, where())
        .is_answered(R"({"LLMClientConfig": {}})", where());
  }
  void answered() {
    call("answered").comes_within(duration("within"));
    call("answered").is_answered(pattern("with"), where());
  }
  void failed() {
    call("failed").comes_within(duration("within"));
    call("failed").fails(error_code(),
                         step_->find("with") != nullptr ? pattern("with") : Pattern{"{}"}, where());
  }
  void waiting() { call("waiting").waits(where()); }
  void see() { listener("see").sees(patterns("messages"), where()); }
  void see_stream() { listener("seeStream").sees_stream(text("text"), where()); }
  void see_error() { listener("seeError").sees_failure(error_code(), where()); }
  void pause() { listener("pause").pauses(where()); }
  void go_on() { listener("goOn").goes_on(where()); }

  void asked() {
    latest_ =
        step_->find("inAnyOrder") != nullptr
            ? script_.ollama_is_asked_among(text("asked"), pattern("body"), duration("within"),
                                            where())
            : script_.ollama_is_asked(text("asked"), pattern("body"), duration("within"), where());
    if (step_->find("as") != nullptr && !asked_.emplace(text("as"), *latest_).second)
      misuse("there is a request `" + text("as") + "` already");
  }
  void not_asked() { script_.ollama_is_not_asked(where()); }
  void say() { answered_request().says(texts("say"), where()); }
  void finish() { answered_request().finishes(text("finish"), where()); }
  void answer() { answered_request().answers(text("answer"), where()); }
  void answer_json() {
    answered_request().answers_json(json::to_text(step_->find("answerJson")->value),
                                    static_cast<int>(number("status", 200)), where());
  }
  [[nodiscard]] int retry_after() const {
    return step_->find("retryAfter") != nullptr ? static_cast<int>(number("retryAfter", 0)) : -1;
  }
  void refuse() {
    answered_request().refuses(static_cast<int>(number("refuse", 500)), text("error"),
                               retry_after(), where());
  }
  void begin_answer() {
    answered_request().begins(static_cast<int>(number("begin", 200)), retry_after(), where());
  }
  void send() { answered_request().sends(text("send"), where()); }
  void end() {
    const auto how = text("end");
    answered_request().ends(how == "complete" ? AnswerEnd::complete
                            : how == "close"  ? AnswerEnd::close
                                              : AnswerEnd::reset,
                            where());
  }
  void abandoned() { named(asked_, text("abandoned"), "request").is_abandoned(where()); }
  void ollama() {
    if (text("ollama") == "stops")
      script_.ollama_stops();
    else
      script_.ollama_starts();
  }
  void install() { script_.model_is_installed(text("install"), where()); }
  void remove_model() { script_.model_is_removed(text("remove")); }
  void pass() { script_.time_passes(duration("pass")); }
  void kill() {
    const auto name = text("kill");
    if (const auto entry = calls_.find(name); entry != calls_.end())
      entry->second.dies(where());
    else if (const auto other = listeners_.find(name); other != listeners_.end())
      other->second.dies(where());
    else if (const auto stand_in = stand_ins_.find(name); stand_in != stand_ins_.end())
      stand_in->second.dies(where());
    else
      script_.component_dies(name, where());
  }

  void gets() {
    auto received = named(stand_ins_, text("gets"), "stand-in").gets(pattern("message"), where());
    if (step_->find("as") != nullptr && !received_.emplace(text("as"), received).second)
      misuse("there is a message `" + text("as") + "` already");
  }
  void reply() {
    const auto& received = named(received_, text("reply"), "message");
    if (step_->find("error") != nullptr && step_->find("with") != nullptr)
      misuse("a reply is an answer or an error");
    if (step_->find("error") != nullptr)
      received.fails(structure<LLMError>("error"), where());
    else
      received.answers(step_->find("with") != nullptr ? pattern("with") : Pattern{"[]"}, where());
  }
  void observe() {
    if (channels_.contains(text("observe")))
      misuse("`" + text("observe") + "` is observed already");
    channels_.emplace(text("observe"),
                      script_.observe(text("from"), text("to"), pattern("only"), where()));
  }
  void carries() {
    named(channels_, text("carries"), "channel").carries(patterns("messages"), where());
  }
  void drop() {
    script_.drop(text("from"), text("to"), pattern("drop"), number("times", 1), where());
  }
  void delay() {
    script_.delay(text("from"), text("to"), pattern("delay"), duration("by"), number("times", 1),
                  where());
  }
  void replace() {
    script_.replace(text("from"), text("to"), pattern("replace"), pattern("with"),
                    number("times", 1), where());
  }

  static const std::map<std::string_view, Action>& all_actions() {
    static const std::map<std::string_view, Action> actions{
        {"listen", &Player::listen},
        {"prompt", &Player::prompt},
        {"chat", &Player::chat},
        {"ask", &Player::ask},
        {"tell", &Player::tell},
        {"cancel", &Player::cancel},
        {"join", &Player::join},
        {"leave", &Player::leave},
        {"configure", &Player::configure},
        {"answered", &Player::answered},
        {"failed", &Player::failed},
        {"waiting", &Player::waiting},
        {"see", &Player::see},
        {"seeStream", &Player::see_stream},
        {"seeError", &Player::see_error},
        {"pause", &Player::pause},
        {"goOn", &Player::go_on},
        {"asked", &Player::asked},
        {"notAsked", &Player::not_asked},
        {"say", &Player::say},
        {"finish", &Player::finish},
        {"answer", &Player::answer},
        {"answerJson", &Player::answer_json},
        {"refuse", &Player::refuse},
        {"begin", &Player::begin_answer},
        {"send", &Player::send},
        {"end", &Player::end},
        {"abandoned", &Player::abandoned},
        {"ollama", &Player::ollama},
        {"install", &Player::install},
        {"remove", &Player::remove_model},
        {"pass", &Player::pass},
        {"kill", &Player::kill},
        {"gets", &Player::gets},
        {"reply", &Player::reply},
        {"observe", &Player::observe},
        {"carries", &Player::carries},
        {"drop", &Player::drop},
        {"delay", &Player::delay},
        {"replace", &Player::replace},
    };
    return actions;
  }

  const LocatedJson& root_;
  std::string file_;
  Script& script_;
  const LocatedJson* step_ = nullptr;
  std::map<std::string, Call> calls_;
  std::map<std::string, Listener> listeners_;
  std::map<std::string, Asked> asked_;
  std::optional<Asked> latest_;
  std::map<std::string, StandIn> stand_ins_;
  std::map<std::string, Received> received_;
  std::map<std::string, Channel> channels_;
};

} // namespace

Result<Scenario> Scenario::load(const std::filesystem::path& path) {
  std::error_code error;
  const auto text = read_file(path, max_file_bytes, error);
  if (!text)
    return failure(ErrorCode::invalid_argument,
                   "the scenario " + path.string() + " cannot be read: " + error.message());
  if (const auto fault = text_fault(*text); !fault.empty())
    return failure(ErrorCode::invalid_argument, "the scenario " + path.string() + " " + fault);
  return parse(without_byte_order_mark(*text), path.string());
}

Result<Scenario> Scenario::parse(std::string_view text, const std::string& file) {
  auto root = read_located_json(text, file);
  if (!root)
    return failure(std::move(root.error()));
  if (auto good = check_scenario(*root, file); !good)
    return failure(std::move(good.error()));
  return Scenario{std::move(*root), file};
}

std::string Scenario::name() const { return std::string{json::text_of(root_.find("name")->value)}; }

std::size_t Scenario::step_count() const { return root_.find("steps")->elements.size(); }

std::uint64_t Scenario::orders() const {
  const auto* orders = root_.find("orders");
  return orders != nullptr ? std::min<std::uint64_t>(orders->value.GetUint(), max_orders) : 0;
}

std::chrono::nanoseconds Scenario::play(Over over, std::uint64_t seed,
                                        std::function<void(const std::string& line)> trace) const {
  Script script{{.name = name(), .over = over, .seed = seed, .trace = std::move(trace)}};
  Player player{root_, file_, script};
  player.play();
  script.ends(player.where());
  return script.now();
}

} // namespace nexus::llm::testing
