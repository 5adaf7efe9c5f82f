# Attack 9: the hooks of IPython's session: transformers, events, formatters, custom exceptions.
# Defence: tests do not run in the session; what its hooks do to the notebook's own cells earns nothing.

# %%
import ast

from IPython.core.interactiveshell import ExecutionResult

shell = get_ipython()


class Truth(ast.NodeTransformer):
    def visit_Compare(self, node):
        return ast.copy_location(ast.Constant(True), node)

    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)


shell.ast_transformers.append(Truth())
shell.input_transformers_post.append(lambda lines: ["True\n" if "==" in line else line for line in lines])
shell.events.register("pre_execute", lambda: setattr(sys, "displayhook", lambda value: print(True)))
shell.events.register("post_execute", lambda: setattr(sys, "displayhook", lambda value: print(True)))
shell.set_custom_exc((BaseException,), lambda *arguments: [])
shell.display_formatter.format = lambda *arguments, **options: ({"text/plain": "True"}, {})
ExecutionResult.success = True
