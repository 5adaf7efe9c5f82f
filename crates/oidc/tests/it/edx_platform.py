"""edX's own LTI 1.3 platform side (lti-consumer-xblock), behind three addresses. Only Django's settings are ours.

  GET /begin?role=R&user=U   the URL to which edX first sends the browser
  GET /authorize?...         what edX then lets the browser post: {state, id_token}
  GET /jwks                  edX's public keys

Says its port when it listens; ends with its standard input.
"""
import json, os, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
settings.configure(PLATFORM_NAME='edX', USE_TZ=True, SECRET_KEY='for tests only', INSTALLED_APPS=[],
                   CACHES={'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}})
import django
django.setup()

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives import serialization
from lti_consumer.data import Lti1p3LaunchData
from lti_consumer.lti_1p3.consumer import LtiAdvantageConsumer

CLIENT, LAUNCH = sys.argv[1:3]
PEM = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()).decode()


class Handler(BaseHTTPRequestHandler):
    def consumer(self):
        return LtiAdvantageConsumer(
            iss=ISSUER, lti_oidc_url='https://grade.example.org/lti/login', lti_launch_url=LAUNCH, client_id=CLIENT,
            deployment_id='1', rsa_key=PEM, rsa_key_id='edx-key', redirect_uris=[LAUNCH])

    def do_GET(self):
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        try:
            answer = getattr(self, url.path[1:])(query)
            status = 200
        except Exception as problem:
            answer, status = {'problem': f'{type(problem).__name__}: {problem}'}, 400
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def jwks(self, query):
        return self.consumer().get_public_keyset()

    def begin(self, query):
        data = Lti1p3LaunchData(user_id='1', external_user_id=query['user'], user_role=query['role'], config_id='1',
                                resource_link_id='block-v1:a+b+c+type@lti_consumer+block@1')
        WHO[query['user']] = data
        return self.consumer().prepare_preflight_url(data)

    def authorize(self, query):
        data = WHO[query['login_hint']]
        consumer = self.consumer()
        consumer.set_user_data(user_id=data.external_user_id, role=data.user_role)
        consumer.set_resource_link_claim(data.resource_link_id)
        consumer.set_context_claim('course-v1:a+b+c', context_title='Data 8')
        consumer.set_launch_presentation_claim(document_target='iframe')
        consumer.set_custom_parameters({'otter_assignment': '88e/1/lab01'})
        consumer.enable_ags(lineitems_url=ISSUER + '/lineitems', lineitem_url=ISSUER + '/lineitems/1',
                            allow_programmatic_grade_interaction=False)
        return consumer.generate_launch_request(query)

    def log_message(self, *_):
        pass


WHO = {}
server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
ISSUER = f'http://127.0.0.1:{server.server_port}'
print(ISSUER, flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server.serve_forever()
