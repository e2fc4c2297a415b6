"""An installation is described by variables, and handed on by the same ones."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from stoa.config import Config, MailSettings, SettingMissing, SettingWrong, WebhookSettings
from stoa.db.urls import Urls

KEY = "00112233445566778899aabbccddeeff"
LEAST = {"STOA_DATABASE_URL": "postgresql://s@h/stoa", "STOA_SECRET_KEY": KEY}


def test_what_is_handed_to_a_process_describes_the_same_installation():
    config = Config(
        server_url="postgresql://s:p@h/stoa",
        owner_url="postgresql://o:p@h/stoa",
        reader_url="postgresql://r:p@h/stoa",
        secret_key=bytes.fromhex(KEY),
        data_dir=Path("/data"),
        mail=MailSettings(smtp_url="smtps://me:pw@mail.example:465", sender="shop@example.com"),
        webhooks=WebhookSettings(reach_private=True, timeout_seconds=2.5),
        trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("::1")),
        public_scheme="https",
    )
    assert Config.from_environment(config.environment()) == config


def test_mail_of_a_data_directory_goes_to_its_folder_unless_a_server_is_named():
    urls = Urls(owner="postgresql://o@/d", server="postgresql://s@/d", reader="postgresql://r@/d")
    assert Config.from_embedded(Path("/data"), urls, KEY, {}).mail.folder == Path("/data/mail")
    named = Config.from_embedded(Path("/data"), urls, KEY, {"STOA_SMTP_URL": "smtp://mail.example"}).mail
    assert (named.folder, named.smtp_url) == (None, "smtp://mail.example")


def test_no_secret_is_in_what_is_printed_of_it():
    config = Config.from_environment({**LEAST, "STOA_DATABASE_URL": "postgresql://s:hidden@h/stoa"})
    assert "hidden" not in repr(config)
    assert repr(config.secret_key) not in repr(config)


@pytest.mark.parametrize("name", sorted(LEAST))
def test_what_is_missing_is_named(name):
    with pytest.raises(SettingMissing, match=f"^{name} is not set: "):
        Config.from_environment({**LEAST, name: " "})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("STOA_SECRET_KEY", "not hex", "STOA_SECRET_KEY is not written in hexadecimal."),
        ("STOA_SECRET_KEY", "00ff", "STOA_SECRET_KEY is shorter than 16 bytes."),
        ("STOA_SMTP_URL", "mail.example:25", "STOA_SMTP_URL is not of the form smtp://user:password@host:port."),
        ("STOA_WEBHOOKS_REACH_PRIVATE", "1", "STOA_WEBHOOKS_REACH_PRIVATE is neither yes nor no."),
        ("STOA_WEBHOOK_SECONDS", "61", "STOA_WEBHOOK_SECONDS is no number of seconds from 0.1 to 60."),
        ("STOA_WEBHOOK_SECONDS", "nan", "STOA_WEBHOOK_SECONDS is no number of seconds from 0.1 to 60."),
        ("STOA_PUBLIC_SCHEME", "gopher", "STOA_PUBLIC_SCHEME is neither http nor https."),
    ],
)
def test_what_is_wrong_is_named(name, value, sentence):
    with pytest.raises(SettingWrong) as refusal:
        Config.from_environment({**LEAST, name: value})
    assert refusal.value.sentence == sentence


def test_a_proxy_that_is_no_network_is_named():
    with pytest.raises(SettingWrong, match="STOA_TRUSTED_PROXIES holds what is no address or network"):
        Config.from_environment({**LEAST, "STOA_TRUSTED_PROXIES": "10.0.0.0/8, the cache"})
