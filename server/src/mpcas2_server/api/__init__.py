"""The controllers of the REST API, one module for each group of addresses."""

from mpcas2_server.api.account_figures import AccountFiguresController
from mpcas2_server.api.auth import AuthController
from mpcas2_server.api.connections import AppController, ConnectionController
from mpcas2_server.api.content import ContentController
from mpcas2_server.api.docs import DocsController
from mpcas2_server.api.jobs import JobController
from mpcas2_server.api.platform_limits import LimitsController
from mpcas2_server.api.platforms import PlatformController, PluginController
from mpcas2_server.api.publish import PublishController
from mpcas2_server.api.social_accounts import SocialAccountController
from mpcas2_server.api.targets import TargetController
from mpcas2_server.api.uploads import UploadController

__all__ = ("CONTROLLERS",)

CONTROLLERS = (
    AccountFiguresController,
    AppController,
    AuthController,
    ConnectionController,
    ContentController,
    DocsController,
    JobController,
    LimitsController,
    PlatformController,
    PluginController,
    PublishController,
    SocialAccountController,
    TargetController,
    UploadController,
)
