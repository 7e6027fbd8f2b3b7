#include "runtime/cli/common_options.hpp"

#include <cmath>

#include "config/config_file.hpp"
#include "config/node_address.hpp"
#include "runtime/cli/prompt_source.hpp"
#include "runtime/node/certificates.hpp"

namespace nexus::llm::cli {

namespace {

std::optional<std::chrono::milliseconds> timeout_of(const CommonOptions& common) {
  if (!common.timeout)
    return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::duration<double>{*common.timeout});
}

} // namespace

Result<GenerateOptions> request_options(const CommonOptions& common) {
  GenerateOptions options;
  options.model = common.model;
  options.temperature = common.temperature;
  if (common.max_tokens)
    options.max_tokens = static_cast<decltype(options.max_tokens)::value_type>(*common.max_tokens);
  options.num_ctx = common.num_ctx;
  options.seed = common.seed;
  options.stop = common.stop;
  options.system = common.system;
  options.format = common.format;
  if (options.format.starts_with('@')) {
    auto schema = read_text_file(options.format.substr(1));
    if (!schema)
      return failure(std::move(schema.error()));
    options.format = std::move(*schema);
  }
  options.think = common.think;
  options.keep_alive = common.keep_alive;
  options.priority = common.background ? Priority::background : Priority::interactive;
  // Whoever gives a limit means every silence: connecting and a pause in mid-answer, too.
  options.timeout = timeout_of(common);
  options.connect_timeout = options.timeout;
  options.gap_timeout = options.timeout;
  return options;
}

Result<std::optional<TlsFiles>> tls_files(const CommonOptions& common,
                                          const NodeSettings& settings) {
  const bool flags =
      !common.certificate.empty() || !common.key.empty() || !common.authority.empty();
  const auto home = [](const std::string& path) {
    return expand_home(path, process_environment());
  };
  const TlsFiles files =
      flags ? TlsFiles{home(common.certificate), home(common.key), home(common.authority)}
            : TlsFiles{home(settings.certificate), home(settings.key), home(settings.authority)};
  if (files.certificate.empty() && files.key.empty() && files.authority.empty())
    return std::nullopt;
  if (files.certificate.empty() || files.key.empty() || files.authority.empty())
    return failure(ErrorCode::certificate_invalid,
                   "--cert, --key and --ca (or `tls` in the settings) go together, and one of "
                   "them is missing");
  if (auto good = check_certificates(files); !good)
    return failure(std::move(good.error()));
  return files;
}

std::vector<Endpoint> node_endpoints(const CommonOptions& common, const NodeSettings& settings) {
  if (!common.nodes.empty())
    return common.nodes;
  std::vector<Endpoint> nodes;
  for (const auto& address : settings.addresses)
    if (auto endpoint = parse_endpoint(address))
      nodes.push_back(std::move(*endpoint));
  return nodes;
}

ConfigLocation config_location(const CommonOptions& common) {
  std::error_code ignored;
  return find_config(common.config_file, process_environment(),
                     std::filesystem::current_path(ignored));
}

ConfigOverrides config_overrides(const CommonOptions& common) {
  return {.base_url = common.base_url, .timeout = timeout_of(common), .max_retries = {}};
}

} // namespace nexus::llm::cli
