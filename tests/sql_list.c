/* Prints every SQL statement of the library, one a line: file:line, a tab, the text. */
#include <stdio.h>

#include "db/db.h"

int main(void)
{
    for (size_t i = 0; i < db_sql_count(); i++)
        printf("%s\t%s\n", db_sql_nth(i)->where, db_sql_nth(i)->text);
    return 0;
}
