"""A Ray cluster of two nodes on this machine, or a driver of the one that RAY_ADDRESS names, that takes commands."""

import importlib
import json
import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import ray
from ray import serve
from ray.cluster_utils import Cluster
from ray.serve.generated.serve_pb2 import UserDefinedMessage
from ray.serve.generated.serve_pb2_grpc import UserDefinedServiceStub

SERVICER = "ray.serve.generated.serve_pb2_grpc.add_UserDefinedServiceServicer_to_server"

# None has the operating system choose.
NODE = {"num_cpus": 8, "object_store_memory": 80 * 2**20, "dashboard_agent_listen_port": None}


class Commands(BaseHTTPRequestHandler):
    def do_POST(self):
        command = json.loads(self.rfile.read(int(self.headers["content-length"])))
        try:
            status, answer = 200, getattr(self, command.pop("do"))(**command)
        except Exception as error:
            status, answer = 500, f"{type(error).__name__}: {error}"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def start(self):
        global channel
        with socket.socket() as probe, socket.socket() as another:
            probe.bind(("127.0.0.1", 0))
            another.bind(("127.0.0.1", 0))
            port, grpc_port = probe.getsockname()[1], another.getsockname()[1]
        grpc_options = {"port": grpc_port, "grpc_servicer_functions": [SERVICER]}
        serve.start(http_options={"host": "127.0.0.1", "port": port}, grpc_options=grpc_options)
        channel = grpc.insecure_channel(f"127.0.0.1:{grpc_port}")
        return {"address": ray.get_runtime_context().gcs_address, "port": port}

    def run(self, deployment, name, prefix, replicas, environ, options=None):
        names = ("ray_shop", "ray_pipeline", "ray_deployments")
        module = next(found for found in map(importlib.import_module, names) if hasattr(found, deployment))
        options = {"num_replicas": replicas, "graceful_shutdown_wait_loop_s": 0.1, **(options or {})}
        if environ:
            runtime_env = {"runtime_env": {"env_vars": environ}}
            options["ray_actor_options"] = {**options.get("ray_actor_options", {}), **runtime_env}
        bind = getattr(module, "bind", lambda ingress, options: ingress.options(**options).bind())
        serve.run(bind(getattr(module, deployment), options), name=name, route_prefix=prefix)

    def call(self, name, deployment, method, arguments):
        """Call a deployment from here."""
        handle = serve.get_deployment_handle(deployment, name)
        return handle.options(method_name=method).remote(*arguments).result()

    def grpc(self, name, method, number, headers):
        """Call a servicer by gRPC, and give the status."""
        stub, message = UserDefinedServiceStub(channel), UserDefinedMessage(num=number)
        try:
            answer = getattr(stub, method)(message, metadata=[("application", name), *headers.items()])
            return [each.num_x2 for each in answer] if method == "Streaming" else answer.num_x2
        except grpc.RpcError as error:
            return error.code().name

    def end_node(self):
        cluster.remove_node(spare, allow_graceful=True)

    def delete(self, name, blocking):
        serve.delete(name, _blocking=blocking)

    def log_message(self, format, *args):
        pass


cluster = spare = channel = None
if "RAY_ADDRESS" in os.environ:
    ray.init(log_to_driver=False)
else:
    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    cluster.add_node(**NODE)
    if "SPARE" in os.environ:
        spare = cluster.add_node(**NODE)
    ray.init(address=cluster.address, log_to_driver=False)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
server = ThreadingHTTPServer(("127.0.0.1", 0), Commands)
print(f"running on http://127.0.0.1:{server.server_port}", flush=True)
try:
    server.serve_forever()
finally:
    if cluster is not None:
        serve.shutdown()  # as `serve run` does: Ray would only kill the replicas
    ray.shutdown()
    if cluster is not None:
        cluster.shutdown()
