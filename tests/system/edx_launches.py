"""The shared edx_peer.py, with the launches of LTI 1.3 that its block offers.

  edx_launches.py --peer EDX_PEER --tool URL --assignment KEY [what edx_peer.py takes]

  /_peer/studio            what Studio shows the block's author about edX, for those who run the tool
  /_peer/keys?url=URL      where the tool's public keys are, which the author enters in Studio
  /_peer/open?user=USER    the block's button: sends the browser to the tool

Launches are edX's own (`LtiConsumerXBlock.get_lti_1p3_launch_data`, the plugin's `launch_gate_endpoint`); only what the
author enters in Studio is set here.
"""
import argparse
import os
import sys
from wsgiref import simple_server

ap = argparse.ArgumentParser()
ap.add_argument('--peer')
ap.add_argument('--tool')
ap.add_argument('--assignment')
here, rest = ap.parse_known_args()
sys.argv[1:] = [*rest, '--lti13']


class NotYet:
    def serve_forever(self):
        pass


# It serves as soon as it is imported.
make_server, simple_server.make_server = simple_server.make_server, lambda *_, **__: NotYet()
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(here.peer))
import edx_peer as peer
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import path
from lti_consumer import api

KEYS = {'url': ''}
bare = peer.load_block


def load_block(anon=None):
    block = bare(anon)
    block.lti_1p3_launch_url, block.lti_1p3_oidc_url = here.tool, here.tool + 'lti/login'
    block.lti_1p3_redirect_uris = [here.tool + 'lti/launch']
    block.lti_1p3_tool_key_mode, block.lti_1p3_tool_keyset_url = 'keyset_url', KEYS['url']
    block.custom_parameters = ['otter_assignment=' + here.assignment]
    return block


def studio(request):
    data = load_block(peer.USERS[0]).get_lti_1p3_launch_data()
    return JsonResponse({name: value and str(value) for name, value in api.get_lti_1p3_launch_info(data).items()})


def keys(request):
    KEYS['url'] = request.GET['url']
    return JsonResponse(KEYS)


def open_tool(request):
    return HttpResponseRedirect(load_block(request.GET['user'])._get_lti_block_launch_handler())


peer.load_block = load_block
peer.urls.urlpatterns += [path('_peer/studio', studio), path('_peer/keys', keys), path('_peer/open', open_tool)]
make_server('127.0.0.1', peer.A.port, peer.get_wsgi_application(), server_class=peer.S).serve_forever()
