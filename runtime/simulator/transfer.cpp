// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/handlers.hpp"
#include "runtime/simulator/json_request.hpp"
#include "runtime/simulator/json_text.hpp"
#include "runtime/simulator/progress.hpp"
#include "runtime/simulator/sha256.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace nexus::llm::simulator {
namespace {

constexpr std::array transfer_fields = {
    Field{"model", FieldType::string},    Field{"name", FieldType::string},
    Field{"stream", FieldType::boolean},  Field{"insecure", FieldType::boolean},
    Field{"username", FieldType::string}, Field{"password", FieldType::string},
};

constexpr std::array create_fields = {
    Field{"model", FieldType::string},    Field{"name", FieldType::string},
    Field{"stream", FieldType::boolean},  Field{"from", FieldType::string},
    Field{"files", FieldType::object},    Field{"template", FieldType::string},
    Field{"system", FieldType::string},   Field{"license", FieldType::any},
    Field{"quantize", FieldType::string}, Field{"parameters", FieldType::object},
};

std::string status_line(std::string_view text) { return JsonObject().text("status", text).str(); }

std::string layer_line(std::string_view verb, const std::string& digest, std::uint64_t total,
                       std::uint64_t completed) {
  return JsonObject()
      .text("status", std::string(verb) + " " + digest.substr(0, 12))
      .text("digest", "sha256:" + digest)
      .number_unless_zero("total", static_cast<std::int64_t>(total))
      .number_unless_zero("completed", static_cast<std::int64_t>(completed))
      .str();
}

std::string typed_name(const JsonRequest& json) {
  const std::string model = json.string("model");
  return model.empty() ? json.string("name") : model;
}

/// The name of a pull, push or create; answers the exchange when it is not valid.
std::optional<ModelName> read_name(Exchange& exchange, const JsonRequest& json) {
  if (!json.error().empty()) {
    exchange.reply_error(400, json.error());
    return std::nullopt;
  }
  auto name = ModelName::parse(trim(typed_name(json)));
  if (!name)
    exchange.reply_error(400, "invalid model name");
  return name;
}

bool is_numeric_host(std::string_view host) {
  return host.find_first_not_of("0123456789.:") == std::string_view::npos;
}

std::string unreachable(const ModelName& name, bool insecure) {
  const std::string url = std::string(insecure ? "http://" : "https://") + name.host + "/v2/" +
                          name.name_space + "/" + name.model + "/manifests/" + name.tag;
  const std::string cause =
      is_numeric_host(name.host)
          ? "dial tcp " + name.host + ": connect: connection refused"
          : "dial tcp: lookup " + name.host.substr(0, name.host.find(':')) + ": no such host";
  return "pull model manifest: Get \"" + url + "\": " + cause;
}

/// What the registry has under a name.
std::optional<SimulatedModel> registry_model(const SimulatorOptions& options,
                                             const ModelName& name) {
  if (!options.registry) {
    SimulatedModel model;
    model.name = name.display();
    return model;
  }
  for (const auto& model : *options.registry) {
    const auto known = ModelName::parse(model.name);
    if (known && known->key() == name.key())
      return model;
  }
  return std::nullopt;
}

void add_layers(std::vector<std::string>& lines, std::string_view verb, const ModelName& name,
                const SimulatedModel& model, unsigned steps, bool present) {
  const std::uint64_t small[] = {1429, 11'358, 96, 486};
  std::uint64_t rest = 0;
  for (const auto size : small)
    rest += size;
  const std::uint64_t weights = model.size_bytes > rest ? model.size_bytes - rest : 1;
  const std::uint64_t sizes[] = {weights, small[0], small[1], small[2], small[3]};
  for (std::size_t i = 0; i < std::size(sizes); ++i) {
    const std::string digest = i == 0 ? sha256_hex("weights of " + name.key())
                                      : sha256_hex(name.key() + " layer " + std::to_string(i));
    // Small layers are there after their first line.
    const unsigned count = i == 0 && !present ? std::max(1U, steps) : 1;
    for (unsigned step = present || i > 0 ? 1 : 0; step <= count; ++step) {
      const auto done = static_cast<std::uint64_t>(static_cast<double>(sizes[i]) * step / count);
      lines.push_back(layer_line(verb, digest, sizes[i], step == count ? sizes[i] : done));
    }
  }
}

bool valid_digest(std::string_view digest) {
  if (!digest.starts_with("sha256:") && !digest.starts_with("sha256-"))
    return false;
  digest.remove_prefix(7);
  return digest.size() == 64 &&
         digest.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string blob_of(const Exchange& exchange) {
  return exchange.request().path().substr(std::string_view("/api/blobs/").size());
}

void start(Server& server, const ExchangePtr& exchange, Progress::Script script) {
  std::make_shared<Progress>(exchange, server, std::move(script))->start();
}

} // namespace

void handle_pull(Server& server, const ExchangePtr& exchange) {
  const JsonRequest json(exchange->request().body, "PullRequest", transfer_fields);
  const auto name = read_name(*exchange, json);
  if (!name)
    return;
  Progress::Script script;
  script.stream = json.boolean("stream").value_or(true);
  script.step = server.options().pull_step_delay;
  script.lines.push_back(status_line("pulling manifest"));
  auto model = registry_model(server.options(), *name);
  const bool foreign = to_lower(name->host) != "registry.ollama.ai";
  if (foreign && (!model || !server.options().registry)) {
    script.error = unreachable(*name, json.boolean("insecure").value_or(false));
  } else if (!model) {
    script.error = "pull model manifest: file does not exist";
  } else {
    add_layers(script.lines, "pulling", *name, *model, server.options().pull_steps,
               server.store().find(*name) != nullptr);
    for (const auto* text : {"verifying sha256 digest", "writing manifest", "success"})
      script.lines.push_back(status_line(text));
    script.commit = [&server, model = *model] { server.store().add(model); };
  }
  start(server, exchange, std::move(script));
}

void handle_push(Server& server, const ExchangePtr& exchange) {
  const JsonRequest json(exchange->request().body, "PushRequest", transfer_fields);
  if (!json.error().empty()) {
    exchange->reply_error(400, json.error());
    return;
  }
  const std::string typed = typed_name(json);
  if (typed.empty()) {
    exchange->reply_error(400, "model is required");
    return;
  }
  Progress::Script script;
  script.stream = json.boolean("stream").value_or(true);
  script.step = server.options().pull_step_delay;
  script.lines.push_back(status_line("retrieving manifest"));
  const auto name = ModelName::parse(typed);
  const auto model = name ? server.store().find(*name) : nullptr;
  if (!model) {
    script.lines.push_back(status_line("couldn't retrieve manifest"));
    script.error =
        name ? "open /srv/simulated/manifests/" + name->full() + ": no such file or directory"
             : "unqualified name: registry.ollama.ai/library/" + typed + ":latest";
  } else {
    add_layers(script.lines, "pushing", *name, model->config, server.options().pull_steps, false);
    script.lines.push_back(status_line("pushing manifest"));
    script.lines.push_back(status_line("success"));
  }
  start(server, exchange, std::move(script));
}

void handle_create(Server& server, const ExchangePtr& exchange) {
  const JsonRequest json(exchange->request().body, "CreateRequest", create_fields);
  const auto name = read_name(*exchange, json);
  if (!name)
    return;
  const std::string from = json.string("from");
  const auto* files = json.find("files");
  const bool has_files = files != nullptr && files->IsObject() && files->MemberCount() > 0;
  if (from.empty() && !has_files) {
    exchange->reply_error(400, "neither 'from' or 'files' was specified");
    return;
  }
  Progress::Script script;
  script.stream = json.boolean("stream").value_or(true);
  script.step = server.options().pull_step_delay;
  SimulatedModel model;
  std::string weights;
  if (!from.empty()) {
    const auto base_name = ModelName::parse(from);
    const auto base = base_name ? server.store().find(*base_name) : nullptr;
    if (!base) {
      script.lines.push_back(status_line("pulling manifest"));
      script.error = "pull model manifest: file does not exist";
      start(server, exchange, std::move(script));
      return;
    }
    model = base->config;
    weights = base->weights_digest;
  } else {
    script.lines.push_back(status_line("parsing GGUF"));
    const auto& digest = files->MemberBegin()->value;
    weights = digest.IsString() ? std::string(digest.GetString()) : std::string();
    if (!valid_digest(weights) || !server.store().has_blob(weights.substr(7))) {
      std::replace(weights.begin(), weights.end(), ':', '-');
      script.error = "open /srv/simulated/blobs/" + weights + ": no such file or directory";
      start(server, exchange, std::move(script));
      return;
    }
    weights = weights.substr(7);
  }
  script.lines.push_back(status_line("using existing layer sha256:" + weights));
  for (const std::string_view part : {"template", "system", "license"}) {
    const std::string text = json.string(part);
    if (!text.empty())
      script.lines.push_back(status_line("creating new layer sha256:" + sha256_hex(text)));
  }
  script.lines.push_back(status_line("writing manifest"));
  script.lines.push_back(status_line("success"));
  model.name = name->display();
  if (const auto system = json.string("system"); !system.empty())
    model.system = system;
  if (const auto license = json.string("license"); !license.empty())
    model.license = license;
  script.commit = [&server, model, weights, name = *name, text = json.string("template")] {
    server.store().add(model);
    const auto entry = server.store().find(name);
    entry->weights_digest = weights;
    if (!text.empty())
      entry->template_text = text;
  };
  start(server, exchange, std::move(script));
}

void handle_blob_head(Server& server, const ExchangePtr& exchange) {
  const std::string digest = blob_of(*exchange);
  if (!valid_digest(digest))
    exchange->reply_error(400, "invalid digest format");
  else if (server.store().has_blob(digest.substr(7)))
    exchange->reply_without_length(200);
  else
    exchange->reply_error(404, "blob \"" + digest + "\" not found");
}

void handle_blob_post(Server& server, const ExchangePtr& exchange) {
  const std::string digest = blob_of(*exchange);
  if (!valid_digest(digest)) {
    exchange->reply_error(400, "invalid digest format");
    return;
  }
  const std::string expected = digest.substr(7);
  if (server.store().has_blob(expected)) {
    exchange->reply(200, "", "");
    return;
  }
  const std::string actual = sha256_hex(exchange->request().body);
  server.store().add_blob(actual);
  if (actual != expected) {
    exchange->reply_error(400, "digest mismatch, expected \"sha256:" + expected +
                                   "\", got \"sha256:" + actual + "\"");
    return;
  }
  exchange->reply(201, "", "");
}

} // namespace nexus::llm::simulator
