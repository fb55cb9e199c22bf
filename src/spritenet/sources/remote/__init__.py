"""Remote files: downloads into the cache, and temporary copies of other inputs."""
