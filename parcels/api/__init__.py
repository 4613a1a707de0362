"""The API's calls about parcels. They translate: a request into one domain call, its answer into JSON."""
