/* Prepares every SQL statement of the library on the real schema and compares columns with fields. */
#include "db/db.h"
#include "run/process.h"
#include "test.h"

static struct process process;

static void every_statement_fits_the_schema(void)
{
    CHECK_THAT(db_sql_count() > 20, "%zu statements are listed", db_sql_count());
    CHECK_THAT(db_check_all_sql(process.db) == OK, "see the log lines above");
}

int main(void)
{
    if (!process_start(&process, "sql_test", NEEDS_NO_KEY) || db_begin(process.db) != OK)
        return 1;
    RUN(every_statement_fits_the_schema);
    process_end(&process);
    return test_result();
}
