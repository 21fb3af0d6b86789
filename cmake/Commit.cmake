# Writes a header that says which commit is being built, whenever something is built: `cmake -D source=DIR -D header=FILE
# -P Commit.cmake`. A header that would be the same stays untouched, so that nothing is compiled again.
set(commit unknown)
file(TIMESTAMP ${source}/CMakeLists.txt date "%Y-%m-%d" UTC)

# git(<variable> <argument>...): what it prints, "" if it fails.
function(git variable)
    set(output "")
    if(GIT)
        execute_process(COMMAND ${GIT} -C ${source} ${ARGN} OUTPUT_VARIABLE output ERROR_QUIET RESULT_VARIABLE result
                        OUTPUT_STRIP_TRAILING_WHITESPACE)
    endif()
    if(NOT result EQUAL 0)
        set(output "")
    endif()
    set(${variable} "${output}" PARENT_SCOPE)
endfunction()

find_program(GIT git)
# Sources may lie, unpacked, in a repository that is not theirs.
git(tracked ls-files --error-unmatch CMakeLists.txt)
if(tracked)
    git(described describe --always --tags --dirty --abbrev=12)
    git(committed log -1 --format=%cs)
    if(described AND committed)
        set(commit ${described})
        set(date ${committed})
    endif()
endif()

file(WRITE ${header}.new "#pragma once
#define CIFAR_ENGINE_COMMIT \"${commit}\"
#define CIFAR_ENGINE_COMMIT_DATE \"${date}\"
")
file(COPY_FILE ${header}.new ${header} ONLY_IF_DIFFERENT)
