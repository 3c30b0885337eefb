# Read by what installs packages in a build: takes the package index's settings and the network's own
# authorities from the build's secrets. No layer, history or cache holds what stands in a secret.
if [ -s /run/secrets/ca ]; then
  export SSL_CERT_FILE=/run/secrets/ca PIP_CERT=/run/secrets/ca
fi
if [ -s /run/secrets/index ]; then
  while IFS= read -r setting; do
    export "$setting"
  done </run/secrets/index
  # uv would keep an address with its password in its cache, which outlives the build.
  if grep -q -e @ -e _PASSWORD= /run/secrets/index; then export UV_NO_CACHE=1; fi
fi
