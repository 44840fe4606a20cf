"""ministack: a change of a function's configuration keeps its warm processes unless the change is of certain kinds, and
a change ends those that it does not keep in the middle of a call ("Worker process died").

AWS: environments belong to one configuration; after any UpdateFunctionConfiguration, of the role or the description
too, the next call starts in a fresh one, while a call that has begun ends in its own. Lambda Developer Guide, "Lambda
execution environment".
"""

import threading


def apply():
    from ministack.core import lambda_runtime
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import lambda_svc

    update_config, update_code = lambda_svc._update_config, lambda_svc._update_code
    kill, release = lambda_runtime.kill_workers, lambda_runtime.release_worker
    thread = threading.local()

    def updating(update):
        def updated(name, data):
            thread.is_updating = True
            try:
                answer = update(name, data)
                if answer[0] == 200:
                    lambda_runtime.invalidate_worker(
                        name, qualifier="$LATEST", account=get_account_id(), region=get_region()
                    )
                return answer
            finally:
                thread.is_updating = False

        return updated

    # They are out of the pool already: nobody takes them up again.
    def kill_workers(workers):
        if getattr(thread, "is_updating", False):
            with lambda_runtime._lock:
                for worker in workers:
                    worker.ends_with_its_call = worker.in_use
            workers = [worker for worker in workers if not worker.ends_with_its_call]
        kill(workers)

    def release_worker(worker):
        release(worker)
        if getattr(worker, "ends_with_its_call", False):
            kill([worker])

    lambda_svc._update_config = updating(update_config)
    lambda_svc._update_code = updating(update_code)
    lambda_runtime.kill_workers = kill_workers
    lambda_svc.release_worker = release_worker
