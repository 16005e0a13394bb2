"""``matchmaker train``: build what is learned, again, from its data."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from evaluation import battery
from evaluation.texts import evaluation_texts
from matchmaker import settings
from matchmaker.cli.options import JsonFlag, hint
from matchmaker.cli.output import console, preferred_language, print_json
from matchmaker.cli.session import opened, reported
from matchmaker.errors import Unavailable
from matchmaker.matching.calibration import path_for
from matchmaker.texts import say
from models.encoder.encoder import WEIGHTS
from models.encoder.sources import SourceUnavailable
from models.encoder.training.material import MaterialUnusable
from models.encoder.training.recipe import SHIPPED, RecipeUnusable

_LANGUAGE = preferred_language()
_EXAMPLE = say("cli.example", _LANGUAGE)

app = typer.Typer(
    help=say("cli.train.help", _LANGUAGE),
    epilog=f"{_EXAMPLE}: matchmaker train calibration",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command(
    "encoder",
    help=say("cli.train.encoder", _LANGUAGE),
    epilog=f"{_EXAMPLE}: matchmaker train encoder --data ../data",
)
def encoder(
    data: Annotated[Path, typer.Option(help=hint("train.data"))],
    out: Annotated[Path, typer.Option(help=hint("train.out"))] = WEIGHTS,
    recipe: Annotated[Path, typer.Option(help=hint("train.recipe"))] = SHIPPED,
    as_json: JsonFlag = False,
) -> None:
    """Build the encoder from the English model and the training texts."""
    from models.encoder import build  # torch and what writes weights are slow to import
    from models.encoder.training.leakage import TrainingLeak

    with reported(as_json=as_json):
        quality = battery.beside_exact(data, settings.load().home / "embeddings")
        try:
            manifest = build.build(data, evaluation_texts(data), out, recipe, _tell, quality)
        except TrainingLeak as error:
            raise Unavailable("unavailable.leak", reason=str(error)) from None
        except (RecipeUnusable, MaterialUnusable) as error:
            raise Unavailable("unavailable.training", reason=str(error)) from None
        except SourceUnavailable as error:
            raise Unavailable("unavailable.source", reason=str(error)) from None
        except build.AgreementTooLow as error:
            raise Unavailable("unavailable.agreement", reason=str(error)) from None
        if as_json:
            print_json(manifest)
        else:
            console().print({name: manifest[name] for name in ("digest", "agreement", "examples", "seconds")})


@app.command(
    "calibration",
    help=say("cli.train.calibration", _LANGUAGE),
    epilog=f"{_EXAMPLE}: matchmaker train calibration --json",
)
def calibration(
    out: Annotated[Path | None, typer.Option(help=hint("train.calibration"))] = None, as_json: JsonFlag = False
) -> None:
    """Learn the probability curve from the sample world's training needs."""
    from evaluation import calibrate

    with opened(as_json=as_json) as (application, _language):
        digest = application.encoder.encoder.digest
        facts = calibrate.train(application.encoder, out or path_for(digest, application.settings.home))
        if as_json:
            print_json(facts)
        else:
            console().print(facts)


@app.command(
    "baseline",
    help=say("cli.train.baseline", _LANGUAGE),
    epilog=f"{_EXAMPLE}: matchmaker train baseline baseline/",
)
def baseline(folder: Annotated[Path, typer.Argument(help=hint("train.baseline"))]) -> None:
    """Write the encoder that the product is measured against."""
    from models.encoder import build

    with reported(as_json=False):
        try:
            build.build_baseline(folder)
        except SourceUnavailable as error:
            raise Unavailable("unavailable.source", reason=str(error)) from None


def _tell(line: str) -> None:
    """Progress is for people who look on."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")
