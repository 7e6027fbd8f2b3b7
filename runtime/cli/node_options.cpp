// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/node_options.hpp"

#include "config/config_file.hpp"
#include "config/node_address.hpp"
#include "nexus_llm/node/certificates.hpp"

namespace nexus::llm::cli {

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
  if (common.base_url)
    return nodes;
  for (const auto& address : settings.addresses)
    if (auto endpoint = parse_endpoint(address))
      nodes.push_back(std::move(*endpoint));
  return nodes;
}

} // namespace nexus::llm::cli
